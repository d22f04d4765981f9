using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Responses;

/// <summary>A response as it grows: what happens in its turn becomes its output, and the events of its stream. One instance a reading.</summary>
/// <remarks>
/// The same happenings make the same events with the same numbers, whoever reads and whenever: a stream is resumed by telling all of it
/// and leaving out what the client has. Plain state, no I/O.
/// </remarks>
/// <param name="frame">What is known of the response from its request on.</param>
/// <param name="keepsThinking">Whether the client is given the thinking, to tell it again.</param>
internal sealed class ResponseStory(ResponseFrame frame, bool keepsThinking = false)
{
    private readonly List<OutputItem?> _output = [];
    private readonly StringBuilder _text = new();
    private readonly List<ResponseEvent> _events = [];
    private readonly List<JsonElement> _thoughts = [];
    private OutputItem? _open;
    private int _number;

    /// <summary>The response as it is now.</summary>
    public JsonObject Body { get; private set; } = frame.Body("in_progress", null, []);

    /// <summary>Its items so far, each at its place; null for one that was taken back.</summary>
    public IReadOnlyList<OutputItem?> Output => _output;

    /// <summary>Whether it has ended.</summary>
    public bool IsOver { get; private set; }

    public IReadOnlyList<ResponseEvent> Begin() => Told(() =>
    {
        Add("response.created", e => e with { Response = Body });
        Add("response.in_progress", e => e with { Response = Body });
    });

    public IReadOnlyList<ResponseEvent> Text(string text) => Told(() =>
    {
        if (_open?.Type != "message")
        {
            Open(new OutputItem("message", Id("msg")) { Role = "assistant", Status = "in_progress", Content = [] });
            Add("response.content_part.added", e => InText(e) with { Part = OutputPart.OfText("") });
        }

        _text.Append(text);
        Add("response.output_text.delta", e => InText(e) with { Delta = text, Logprobs = [] });
    });

    public IReadOnlyList<ResponseEvent> Thinking(string text) => Told(() =>
    {
        if (_open?.Type != "reasoning")
        {
            Open(new OutputItem("reasoning", Id("rs")) { Summary = [] });
        }

        if (_text.Length == 0)
        {
            Add("response.reasoning_summary_part.added", e => InSummary(e) with { Part = OutputPart.OfSummary("") });
        }

        _text.Append(text);
        Add("response.reasoning_summary_text.delta", e => InSummary(e) with { Delta = text });
    });

    /// <summary>A block of thinking is over, and the API has signed it. Of one that nobody may see this is all that is told.</summary>
    public IReadOnlyList<ResponseEvent> Thought(JsonElement block) => Told(() =>
    {
        if (!keepsThinking)
        {
            return;
        }

        if (_open?.Type != "reasoning")
        {
            Open(new OutputItem("reasoning", Id("rs")) { Summary = [] });
        }

        _thoughts.Add(block);
    });

    public IReadOnlyList<ResponseEvent> Call(HistoryToolCall call) => Told(() =>
    {
        var isCustom = frame.IsCustom(call.Name);
        var said = isCustom ? CustomTools.InputOf(call.Input) : call.Input.GetRawText();
        var item = isCustom
            ? new OutputItem("custom_tool_call", Id("ctc")) { Status = "in_progress", CallId = call.ToolUseId, Name = call.Name, Input = "" }
            : new OutputItem("function_call", Id("fc")) { Status = "in_progress", CallId = call.ToolUseId, Name = call.Name, Arguments = "" };
        Open(item);
        _text.Append(said);
        var kind = isCustom ? "response.custom_tool_call_input" : "response.function_call_arguments";
        Add(kind + ".delta", e => InItem(e) with { Delta = said });
        Close();
    });

    /// <summary>The text so far is void. There are no words for that: its message is never done, and another one takes its place.</summary>
    public void Reset()
    {
        if (_open?.Type == "message")
        {
            _output[^1] = null;
            _open = null;
            _text.Clear();
        }
    }

    public IReadOnlyList<ResponseEvent> Complete(string model, string? stopReason, TurnUsage usage)
    {
        var reason = stopReason switch
        {
            "max_tokens" or "model_context_window_exceeded" => "max_output_tokens",
            "refusal" => "content_filter",
            _ => null,
        };
        return End(reason is null ? "completed" : "incomplete", body =>
        {
            body["model"] = model;
            body["usage"] = JsonSerializer.SerializeToNode(ResponseUsage.Of(usage), ResponseJsonContext.Default.ResponseUsage);
            body["incomplete_details"] = reason is null ? null : new JsonObject { ["reason"] = reason };
        });
    }

    public IReadOnlyList<ResponseEvent> Fail(string code, string message) =>
        End("failed", body => body["error"] = new JsonObject { ["code"] = code, ["message"] = message });

    public IReadOnlyList<ResponseEvent> Cancel() => End("cancelled", _ => { });

    private ResponseEvent[] End(string status, Action<JsonObject> complete) => Told(() =>
    {
        Close(status is "completed" ? "completed" : "incomplete");
        Body = frame.Body(status, null, _output.OfType<OutputItem>());
        complete(Body);
        IsOver = true;
        Add("response." + status, e => e with { Response = Body });
    });

    private void Open(OutputItem item)
    {
        Close();
        _open = item;
        _output.Add(item);
        Add("response.output_item.added", e => e with { OutputIndex = _output.Count - 1, Item = item });
    }

    private void Close(string status = "completed")
    {
        if (_open is not { } item)
        {
            return;
        }

        var text = _text.ToString();
        _text.Clear();
        switch (item.Type)
        {
            case "message":
                Add("response.output_text.done", e => InText(e) with { Text = text, Logprobs = [] });
                Add("response.content_part.done", e => InText(e) with { Part = OutputPart.OfText(text) });
                item = item with { Status = status, Content = [OutputPart.OfText(text)] };
                break;
            case "reasoning":
                if (text.Length > 0)
                {
                    Add("response.reasoning_summary_text.done", e => InSummary(e) with { Text = text });
                    Add("response.reasoning_summary_part.done", e => InSummary(e) with { Part = OutputPart.OfSummary(text) });
                    item = item with { Summary = [OutputPart.OfSummary(text)] };
                }

                item = item with { EncryptedContent = _thoughts.Count > 0 ? SealedThoughts.Write(_thoughts) : null };
                _thoughts.Clear();
                break;
            case "custom_tool_call":
                Add("response.custom_tool_call_input.done", e => InItem(e) with { Input = text });
                item = item with { Status = "completed", Input = text };
                break;
            default:
                Add("response.function_call_arguments.done", e => InItem(e) with { Arguments = text, Name = item.Name });
                item = item with { Status = "completed", Arguments = text };
                break;
        }

        _output[^1] = item;
        _open = null;
        Add("response.output_item.done", e => e with { OutputIndex = _output.Count - 1, Item = item });
    }

    private string Id(string prefix) => ResponseIds.Item(prefix, frame.Id, _output.Count);

    private ResponseEvent InItem(ResponseEvent told) => told with { OutputIndex = _output.Count - 1, ItemId = _open!.Id };

    private ResponseEvent InText(ResponseEvent told) => InItem(told) with { ContentIndex = 0 };

    private ResponseEvent InSummary(ResponseEvent told) => InItem(told) with { SummaryIndex = 0 };

    private void Add(string type, Func<ResponseEvent, ResponseEvent> fill) => _events.Add(fill(new ResponseEvent(type, _number++)));

    private ResponseEvent[] Told(Action tell)
    {
        _events.Clear();
        tell();
        return [.. _events];
    }
}
