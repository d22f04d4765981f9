using System.IO.Pipelines;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Pilotlight.Claude.Protocol;
using Pilotlight.Processes;

namespace Pilotlight.Tool.Conformance;

/// <summary>One CLI process in one check, driven by the protocol alone, with all that it says kept.</summary>
internal sealed class CliUnderTest : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WorkerLease _lease;
    private readonly TeeStream _output;

    public CliUnderTest(WorkerLease lease)
    {
        _lease = lease;
        _output = new TeeStream(lease.Process.Output.AsStream());
        Connection = new CliConnection(PipeReader.Create(_output), lease.Process.Input, TimeProvider.System);
    }

    public CliConnection Connection { get; }

    public ChildProcess Process => _lease.Process;

    /// <summary>Its output so far, line by line.</summary>
    public IReadOnlyList<string> Lines => _output.Lines;

    public Task InitializeAsync(CancellationToken cancellationToken, string systemPrompt = "You are a helpful assistant.") =>
        AskAsync(new JsonObject { ["subtype"] = "initialize", ["systemPrompt"] = new JsonArray(systemPrompt) }, cancellationToken);

    public async Task AskAsync(JsonObject request, CancellationToken cancellationToken)
    {
        try
        {
            await Connection.RequestAsync(request, Patience, cancellationToken);
        }
        catch (Exception fault) when (fault is TimeoutException or CliProtocolException)
        {
            throw new DifferenceException($"The request '{request["subtype"]}' was not taken: {fault.Message}");
        }
    }

    public ValueTask SayAsync(JsonNode content, CancellationToken cancellationToken, bool query = true) =>
        Connection.WriteAsync(writer => CliLines.User(writer, content, query), cancellationToken);

    public ValueTask RecallAsync(string answer, CancellationToken cancellationToken) =>
        Connection.WriteAsync(writer => CliLines.Assistant(writer, answer), cancellationToken);

    /// <summary>A user line and all that is said until its result, which is the last message.</summary>
    public async Task<IReadOnlyList<CliMessage>> TurnAsync(JsonNode content, CancellationToken cancellationToken, bool query = true)
    {
        await SayAsync(content, cancellationToken, query);
        return await UntilAsync(message => message is CliResult, cancellationToken);
    }

    /// <summary>All that is said up to the message that ends the wait.</summary>
    public async Task<IReadOnlyList<CliMessage>> UntilAsync(Func<CliMessage, bool> isLast, CancellationToken cancellationToken)
    {
        var seen = new List<CliMessage>();
        try
        {
            do
            {
                seen.Add(await Connection.Messages.ReadAsync(cancellationToken).AsTask().WaitAsync(Patience, cancellationToken));
            }
            while (!isLast(seen[^1]));
            return seen;
        }
        catch (TimeoutException)
        {
            throw new DifferenceException($"Nothing came for {Patience.TotalSeconds} s after {Describe(seen)}.");
        }
        catch (ChannelClosedException)
        {
            throw new DifferenceException($"The process ended after {Describe(seen)}; its stderr: {Process.ErrorTail.Trim()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _lease.DisposeAsync();
        await Connection.DisposeAsync();
    }

    private static string Describe(List<CliMessage> seen) =>
        seen.Count == 0 ? "nothing at all" : $"{seen.Count} messages, the last a {seen[^1].GetType().Name}";
}

/// <summary>The CLI does not do what we rely on.</summary>
internal sealed class DifferenceException(string message) : Exception(message);
