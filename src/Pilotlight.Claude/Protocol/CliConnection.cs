using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Pilotlight.Claude.Protocol;

/// <summary>Answers the control requests that the CLI makes: permissions, hooks, messages for in-process MCP servers.</summary>
/// <returns>The response's payload.</returns>
/// <remarks>An exception becomes an error response; its message reaches the CLI.</remarks>
internal delegate ValueTask<JsonNode?> ControlRequestHandler(CliControlRequest request, CancellationToken cancellationToken);

/// <summary>The stream-json protocol over a pair of pipes: messages in, lines and control requests out.</summary>
/// <remarks>
/// Safe for concurrent use by any number of writers and one reader of <see cref="Messages"/>. Reads from the moment it is
/// made until the other side closes, so that a control request of the CLI's is answered between turns as well.
/// </remarks>
internal sealed class CliConnection : IAsyncDisposable
{
    // Deeper than any turn's backlog; a reader that lags this far behind holds the CLI back instead of our memory.
    private const int MaxUnreadMessages = 8192;

    // A conversation's images come once; its process need not keep room for them.
    private const int MaxKeptBuffer = 256 * 1024;

    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly TimeProvider _time;
    private readonly LineReader _lines;
    private readonly Channel<CliMessage> _messages = Channel.CreateBounded<CliMessage>(
        new BoundedChannelOptions(MaxUnreadMessages) { SingleReader = true, SingleWriter = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<CliControlResponse>> _pending = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _answering = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _pump;
    private volatile Exception? _fault;
    private ArrayBufferWriter<byte> _line = new();
    private int _requests;
    private int _disposed;

    /// <summary>Takes over both pipes and begins to read.</summary>
    public CliConnection(PipeReader input, PipeWriter output, TimeProvider time, int maxLineBytes = 64 * 1024 * 1024)
    {
        _input = input;
        _output = output;
        _time = time;
        _lines = new LineReader(input, maxLineBytes);
        _pump = Task.Run(PumpAsync);
    }

    /// <summary>What the CLI says, control traffic left out; completes when the CLI closes its side.</summary>
    public ChannelReader<CliMessage> Messages => _messages.Reader;

    /// <summary>Answers the CLI's control requests; null refuses each with an error.</summary>
    public ControlRequestHandler? RequestHandler { get; set; }

    /// <summary>Writes one line and flushes it.</summary>
    /// <exception cref="IOException">The CLI has closed its side.</exception>
    public ValueTask WriteAsync(Action<Utf8JsonWriter> line, CancellationToken cancellationToken) => WriteAsync([line], cancellationToken);

    /// <summary>Writes lines, nothing between them, and flushes once.</summary>
    /// <exception cref="IOException">The CLI has closed its side.</exception>
    public async ValueTask WriteAsync(IReadOnlyList<Action<Utf8JsonWriter>> lines, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // Written aside first: a line that cannot be written to its end must not leave its beginning in the pipe.
            foreach (var line in lines)
            {
                using (var writer = new Utf8JsonWriter(_line))
                {
                    line(writer);
                }

                _line.Write("\n"u8);
            }

            _output.Write(_line.WrittenSpan);

            var flushed = await _output.FlushAsync(cancellationToken);
            if (flushed.IsCompleted)
            {
                throw new IOException("The CLI closed its input.");
            }
        }
        finally
        {
            _line = _line.Capacity > MaxKeptBuffer ? new ArrayBufferWriter<byte>() : _line;
            _line.ResetWrittenCount();
            _writing.Release();
        }
    }

    /// <summary>Sends a control request and waits for its answer.</summary>
    /// <exception cref="TimeoutException">No answer came within <paramref name="timeout"/>.</exception>
    /// <exception cref="IOException">The CLI closed its side, now or before.</exception>
    /// <exception cref="CliProtocolException">The CLI answered with an error.</exception>
    public async Task<JsonElement> RequestAsync(JsonObject request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Sending is bounded too: a process that has stopped reading takes no line once its pipe is full.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendRequestAsync(request, limit.Token).AsTask();
        CliControlResponse response;
        try
        {
            var answer = await sending.WaitAsync(timeout, _time, cancellationToken);
            response = await answer.WaitAsync(timeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            await limit.CancelAsync();
            _ = sending.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }

        return response.IsSuccess
            ? response.Response ?? default
            : throw new CliProtocolException($"The CLI refused '{request["subtype"]}': {response.Error ?? "no reason given"}.");
    }

    /// <summary>Sends a control request without waiting; the task is its answer, and fails when the CLI closes its side.</summary>
    public async ValueTask<Task<CliControlResponse>> SendRequestAsync(JsonObject request, CancellationToken cancellationToken)
    {
        var id = "pl-" + Interlocked.Increment(ref _requests).ToString(CultureInfo.InvariantCulture);
        var answer = new TaskCompletionSource<CliControlResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        if (_messages.Reader.Completion.IsCompleted || _fault is not null)
        {
            FailPending();
        }

        await WriteAsync(writer => CliLines.ControlRequest(writer, id, request), cancellationToken);
        return answer.Task;
    }

    /// <summary>Stops reading; the pipes stay their owner's to close.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync();
        await _pump;
        _closing.Dispose();
    }

    private async Task PumpAsync()
    {
        CliMessage? next = null;
        try
        {
            while (await _lines.ReadAsync(line => next = CliMessageParser.Parse(line), _closing.Token))
            {
                switch (next)
                {
                    case CliControlResponse response:
                        if (_pending.TryRemove(response.RequestId, out var waiting))
                        {
                            waiting.TrySetResult(response);
                        }

                        break;
                    case CliControlRequest request:
                        _ = AnswerAsync(request);
                        break;
                    case CliControlCancel cancel:
                        Withdraw(cancel.RequestId);
                        break;
                    case CliUnknown:
                        break;
                    default:
                        await _messages.Writer.WriteAsync(next!, _closing.Token);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
        }
        catch (Exception fault)
        {
            _fault = fault;
        }
        finally
        {
            _fault ??= new IOException("The CLI closed its output.");
            _messages.Writer.TryComplete(_fault as InvalidDataException);
            FailPending();
        }
    }

    // Runs beside the pump: a permission may wait for a person while the CLI goes on talking. Never faults.
    private async Task AnswerAsync(CliControlRequest request)
    {
        JsonNode? response = null;
        string? error = null;
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
        _answering[request.RequestId] = cancellation;
        await Task.Yield(); // What answers may be anyone's code, and the pump must not wait for it.
        try
        {
            if (RequestHandler is { } handler)
            {
                response = await handler(request, cancellation.Token);
            }
            else
            {
                error = $"'{request.Subtype}' is not supported here.";
            }
        }
        catch (Exception fault)
        {
            error = fault.Message;
        }

        _answering.TryRemove(request.RequestId, out _);
        try
        {
            await WriteAsync(writer => CliLines.ControlResponse(writer, request.RequestId, response, error), _closing.Token);
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The CLI is gone, and with it the question.
        }
    }

    private void Withdraw(string requestId)
    {
        try
        {
            _ = _answering.TryGetValue(requestId, out var answering) ? answering.CancelAsync() : null;
        }
        catch (ObjectDisposedException)
        {
            // It was answered at the same moment.
        }
    }

    private void FailPending()
    {
        foreach (var id in _pending.Keys)
        {
            if (_pending.TryRemove(id, out var waiting))
            {
                waiting.TrySetException(_fault ?? new IOException("The CLI closed its output."));
                _ = waiting.Task.Exception; // Observed: not everyone who asks waits for the answer.
            }
        }
    }
}

/// <summary>The CLI refused or broke the protocol.</summary>
internal sealed class CliProtocolException(string message) : Exception(message);
