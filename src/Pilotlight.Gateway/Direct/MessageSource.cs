using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Http;
using Pilotlight.Wire;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Gateway.Direct;

/// <summary>A turn that is one streamed call of the API, told in a turn's events. One instance a call.</summary>
internal sealed class MessageSource(Relay relay, byte[] body, string model, TimeProvider time) : ITurnSource
{
    private static readonly KeyValuePair<string, string>[] s_headers = [new("content-type", "application/json"), new("anthropic-version", "2023-06-01")];

    private readonly DirectCallFacts _facts = new();
    private readonly MessageReader _reader = new();

    public async IAsyncEnumerable<TurnEvent> RunAsync(WireTurn calls, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (answer, fault) = await SendAsync(calls, cancellationToken);
        if (answer is null)
        {
            yield return fault!;
            yield break;
        }

        using (answer)
        {
            var told = TurnUsage.None;
            await using var items = ItemsAsync(answer.Body, cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            while (await items.MoveNextAsync())
            {
                foreach (var turnEvent in _reader.Read(items.Current))
                {
                    yield return turnEvent;
                }

                if (_facts.Used is var used && used != told)
                {
                    told = used;
                    yield return new UsageGrew(used, _reader.Model);
                }
            }
        }

        yield return _reader.Error is { } error ? new TurnFailed(error, _reader.Text, _facts.Used, null) { Model = _reader.Model }
            : cancellationToken.IsCancellationRequested ? new TurnCancelled(_reader.Text, _facts.Used, null) { Model = _reader.Model }
            : _reader.IsOver ? new TurnCompleted(
                _reader.Text, _reader.Model ?? model, _facts.Used, null, _reader.StopReason, _facts.Report?.TimeToFirstText, _facts.Report?.Duration ?? TimeSpan.Zero)
                { StopSequence = _reader.StopSequence, Upstream = _facts.Report?.Upstream }
            : new TurnFailed(
                new TurnError(TurnErrorKind.Api, "The API's answer broke off. Ask again."), _reader.Text, _facts.Used, null) { Model = _reader.Model };
    }

    private async Task<(DirectAnswer? Answer, TurnEvent? Fault)> SendAsync(WireTurn calls, CancellationToken cancellationToken)
    {
        DirectAnswer? answer = null;
        _facts.Next = calls.Observer;
        try
        {
            answer = await relay.SendAsync(new DirectCall { Body = body, Headers = s_headers, Turn = calls with { Observer = _facts } }, cancellationToken);
            if (answer.Status is >= 200 and < 300)
            {
                return (answer, null);
            }

            var told = new MemoryStream();
            await answer.Body.CopyToAsync(told, cancellationToken);
            var error = DirectErrors.Read(answer, told.ToArray(), time.GetUtcNow());
            answer.Dispose();
            return (null, new TurnFailed(error, "", _facts.Used, null));
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException)
        {
            answer?.Dispose();
            return (null, cancellationToken.IsCancellationRequested
                ? new TurnCancelled("", _facts.Used, null)
                : new TurnFailed(new TurnError(TurnErrorKind.Api, "The API's answer broke off. Ask again."), "", _facts.Used, null));
        }
    }

    // A stream that breaks off ends here; whether it was whole, its events say.
    private static async IAsyncEnumerable<JsonElement> ItemsAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = SseParser.Create(stream, static (_, data) => MessageReader.Parse(data)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            while (true)
            {
                try
                {
                    if (!await items.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException or JsonException)
                {
                    yield break;
                }

                yield return items.Current.Data;
            }
        }
        finally
        {
            await items.DisposeAsync();
        }
    }
}

/// <summary>Reads the events of a streamed message. Plain state; one instance a message.</summary>
internal sealed class MessageReader
{
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _input = new();
    private readonly TextJoiner _textPieces = new();
    private readonly TextJoiner _thinkingPieces = new();
    private (string Id, string Name)? _call;
    private JsonObject? _thought;

    public string Text => _text.ToString();

    public string? Model { get; private set; }

    public string? StopReason { get; private set; }

    public string? StopSequence { get; private set; }

    public TurnError? Error { get; private set; }

    /// <summary>Whether its last event has come.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Reads the JSON of an event. A model may say a character in two pieces, of which each holds a half: these stand parked in it.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> data) =>
        JsonElement.Parse(data.IndexOf("\\ud"u8) < 0 && data.IndexOf("\\uD"u8) < 0 ? data : LoneSurrogates.Park(data));

    /// <summary>What an event means in a turn.</summary>
    public IEnumerable<TurnEvent> Read(JsonElement item)
    {
        switch (item.Get("type")?.GetString())
        {
            case "message_start":
                Model = item.Inner("message")?.Get("model")?.GetString();
                break;
            case "content_block_start" when item.Inner("content_block") is { } block && block.Get("type")?.GetString() == "tool_use":
                _call = (block.Get("id")?.GetString() ?? "", block.Get("name")?.GetString() ?? "");
                _input.Clear();
                break;
            case "content_block_start" when item.Inner("content_block") is { } block && block.Get("type")?.GetString() is "thinking" or "redacted_thinking":
                _thought = JsonObject.Create(block.Clone());
                break;
            case "content_block_delta" when item.Inner("delta") is { } delta:
                return Delta(delta);
            case "content_block_stop" when _thought is { } thought:
                _thought = null;
                return [new ThinkingDelta(_thinkingPieces.Flush()) { Block = JsonElement.Parse(thought.ToJsonString()) }];
            case "content_block_stop" when _call is { } call:
                _call = null;
                return Called(call.Id, call.Name, _input.ToString());
            case "content_block_stop":
                return Say(_textPieces.Flush());
            case "message_delta" when item.Inner("delta") is { } delta:
                StopReason = delta.Get("stop_reason")?.GetString() ?? StopReason;
                StopSequence = delta.Get("stop_sequence")?.GetString() ?? StopSequence;
                break;
            case "message_stop":
                IsOver = true;
                break;
            case "error" when item.Inner("error") is { } error:
                var message = error.Get("message")?.GetString() ?? "The API failed in the middle of its answer.";
                Error = new TurnError(error.Get("type")?.GetString() == "overloaded_error" ? TurnErrorKind.Overloaded : TurnErrorKind.Api, message);
                break;
        }

        return [];
    }

    private TurnEvent[] Delta(JsonElement delta)
    {
        switch (delta.Get("type")?.GetString())
        {
            case "text_delta":
                return Say(_textPieces.Take(TextOf(delta, "text")));
            case "thinking_delta":
                var thinking = _thinkingPieces.Take(TextOf(delta, "thinking"));
                _thought?["thinking"] = (string?)_thought["thinking"] + thinking;
                return [new ThinkingDelta(thinking)];
            case "signature_delta":
                _thought?["signature"] = delta.Get("signature")?.GetString();
                break;
            case "input_json_delta":
                _input.Append(TextOf(delta, "partial_json"));
                break;
        }

        return [];
    }

    private TurnEvent[] Say(string text)
    {
        _text.Append(text);
        return text.Length > 0 ? [new TextDelta(text)] : [];
    }

    // A call that was cut off, at the limit of tokens for instance, is none: how the answer ended says why.
    private static TurnEvent[] Called(string id, string name, string input)
    {
        try
        {
            return [new ToolStarted(id, name, JsonText.Parse(input.Length > 0 ? LoneSurrogates.Repair(input) : "{}"))];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string TextOf(JsonElement delta, string name) => LoneSurrogates.Unpark(delta.Get(name)?.GetString() ?? "");
}
