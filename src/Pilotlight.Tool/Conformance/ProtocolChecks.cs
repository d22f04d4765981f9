using System.Text.Json.Nodes;
using Pilotlight.Claude.Protocol;
using Pilotlight.Simulator;

namespace Pilotlight.Tool.Conformance;

/// <summary>Turns, history and control: what every conversation rests on.</summary>
internal static class ProtocolChecks
{
    public static IEnumerable<Check> All =>
    [
        new("turn", "A turn streams text, names its model, and ends with exactly one result.", TurnAsync),
        new("hot", "A second turn goes on from the first; cost and model usage are running totals.", HotAsync),
        new("thinking", "Thinking comes as deltas of its own.", ThinkingAsync),
        new("history", "Earlier turns are taken without a call of the API and reach it as alternating messages.", HistoryAsync),
        new("text-only", "User text is only text: no @file, no slash command, no ! command.", TextOnlyAsync),
        new("image", "An image reaches the API as one.", ImageAsync),
        new("system-prompt", "The first initialize sets the system prompt, and the model can be set before the first message.", SystemPromptAsync),
        new("interrupt", "An interrupt ends the turn with a result, and the process takes the next turn.", InterruptAsync),
        new("tool", "A tool that is allowed runs, and its call and its result are told.", ToolAsync),
        new("unknown-request", "A control request that it does not know is refused, and breaks nothing.", UnknownRequestAsync),
        new("rehearsal", "A prompt that a hook blocks asks nothing of the API and leaves no trace in what follows.", RehearsalAsync),
        new("end", "It ends by itself, with exit code 0, when its input is closed.", EndAsync),
    ];

    private static async Task TurnAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.Enqueue(Scenario.Answer("one two three"));
        var turn = await cli.TurnAsync("hello", token);
        Expect.Equal("one two three", Text(turn), "the deltas' text");
        var result = Success(turn);
        Expect.Equal("one two three", result.Text, "the result's text");
        Expect.That(turn.OfType<CliInit>().FirstOrDefault() is { Version.Length: > 0, Model.Length: > 0 }, "system/init names no version or no model.");
        Expect.That(turn.OfType<CliMessageDelta>().Any(end => end.StopReason == "end_turn"), "no message_delta carried the stop reason.");
        Expect.That(result is { TotalCostUsd: > 0, Usage.OutputTokens: > 0 }, "the result carries no cost or no usage.");
        Expect.That(result.UsageByModel.Keys.Any(model => model.Contains("sonnet", StringComparison.Ordinal)), "modelUsage does not name the model.");
        Expect.Equal("You are a helpful assistant.", Lines(context.Simulator.MessageRequests[^1].SystemPrompt)[^1], "the system prompt's last line");
        Expect.Equal(0, context.Simulator.MessageRequests[^1].Tools.Count, "tools on offer");
    }

    private static async Task HotAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.When(_ => true, new Scenario { Text = "same", InputTokens = 1000 });
        var first = Success(await cli.TurnAsync("one", token));
        var second = Success(await cli.TurnAsync("two", token));
        Expect.That(second.TotalCostUsd >= first.TotalCostUsd * 1.9m, $"total_cost_usd went from {first.TotalCostUsd} to {second.TotalCostUsd}: it is no running total.");
        Expect.Equal(first.Usage.InputTokens, second.Usage.InputTokens, "the second turn's own input tokens");
        Expect.Sequence(["user: one", "assistant: same", "user: two"], Spoken(context.Simulator.MessageRequests[^1]));
    }

    private static async Task ThinkingAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.Enqueue(Scenario.Thinking("let me see", "done"));
        var turn = await cli.TurnAsync("think", token);
        Expect.Equal("let me see", string.Concat(turn.OfType<CliDelta>().Where(delta => delta.Kind == CliDeltaKind.Thinking).Select(delta => delta.Text)), "the thinking");
        Expect.Equal("done", Text(turn), "the text");
    }

    private static async Task HistoryAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        for (var turn = 1; turn <= 5; turn++)
        {
            var taken = await cli.TurnAsync($"question {turn}", token, query: false);
            Expect.Equal(0, ((CliResult)taken[^1]).TurnCount, "num_turns of a line that asks nothing");
            await cli.RecallAsync($"answer {turn}", token);
        }

        Expect.Equal(0, context.Simulator.MessageRequests.Count, "calls of the API while history was told");
        Success(await cli.TurnAsync("now", token));
        Expect.Sequence(
            [.. Enumerable.Range(1, 5).SelectMany(turn => new[] { $"user: question {turn}", $"assistant: answer {turn}" }), "user: now"],
            Spoken(context.Simulator.MessageRequests[^1]));
    }

    private static async Task TextOnlyAsync(CheckContext context, CancellationToken token)
    {
        var secret = Path.Combine(context.Home, "secret.txt");
        await File.WriteAllTextAsync(secret, "the-secret-of-the-server", token);
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        foreach (var text in new[] { $"@{secret} what is this", "/cost", "/compact now", $"!cat {secret}", "look at @secret.txt" })
        {
            Success(await cli.TurnAsync(text, token));
            var seen = context.Simulator.MessageRequests[^1];
            Expect.Equal(text, seen.LastUserText, "what the API was told");
            Expect.That(!seen.Body.GetRawText().Contains("the-secret-of-the-server", StringComparison.Ordinal), $"'{text}' read a file of the server's.");
        }
    }

    private static async Task ImageAsync(CheckContext context, CancellationToken token)
    {
        const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        Success(await cli.TurnAsync(
            new JsonArray(
                new JsonObject { ["type"] = "text", ["text"] = "what is this" },
                new JsonObject { ["type"] = "image", ["source"] = new JsonObject { ["type"] = "base64", ["media_type"] = "image/png", ["data"] = Pixel } }),
            token));
        Expect.That(
            context.Simulator.MessageRequests[^1].Messages[^1].Content.EnumerateArray().Any(block => block.GetProperty("type").GetString() == "image"),
            "the API got no image.");
    }

    private static async Task SystemPromptAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token, "Answer in rhymes.");
        await cli.InitializeAsync(token, "Answer in prose.");
        await cli.AskAsync(new JsonObject { ["subtype"] = "set_model", ["model"] = "haiku" }, token);
        Success(await cli.TurnAsync("hello", token));
        var seen = context.Simulator.MessageRequests[^1];
        Expect.Equal("Answer in rhymes.", Lines(seen.SystemPrompt)[^1], "the system prompt's last line");
        Expect.That(seen.Model?.Contains("haiku", StringComparison.Ordinal) == true, $"the model asked for was {seen.Model}.");
        Expect.Sequence(["user: hello"], Spoken(seen));
    }

    private static async Task InterruptAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.Enqueue(Scenario.Stall("one two three four", afterTokens: 2), Scenario.Answer("next"));
        await cli.SayAsync("hello", token);
        await cli.UntilAsync(message => message is CliDelta, token);
        await cli.AskAsync(new JsonObject { ["subtype"] = "interrupt" }, token);
        var end = await cli.UntilAsync(message => message is CliResult, token);
        Expect.That(end[^1] is CliResult { Subtype: not "success" } or CliResult { IsError: true }, "the interrupted turn's result reads as a success.");
        Expect.Equal("next", Success(await cli.TurnAsync("go on", token)).Text, "the next turn's text");
    }

    private static async Task ToolAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token, "Bash", "--permission-mode", "default", "--allowedTools", "Bash(echo:*)");
        await cli.InitializeAsync(token);
        context.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"echo from-the-tool"}"""), Scenario.Answer("done"));
        var turn = await cli.TurnAsync("use it", token);
        Success(turn);
        Expect.That(turn.OfType<CliAssistant>().SelectMany(message => message.ToolUses).Any(use => use.Name == "Bash"), "the call was not told.");
        Expect.That(
            turn.OfType<CliUser>().SelectMany(message => message.ToolResults).Any(result => result is { IsError: false } && result.Text?.Contains("from-the-tool", StringComparison.Ordinal) == true),
            "the tool's result was not told, or is an error.");
    }

    private static async Task UnknownRequestAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        try
        {
            await cli.Connection.RequestAsync(new JsonObject { ["subtype"] = "of_tomorrow" }, CliUnderTest.Patience, token);
            throw new DifferenceException("it was taken.");
        }
        catch (CliProtocolException)
        {
            Success(await cli.TurnAsync("hello", token));
        }
        catch (TimeoutException)
        {
            throw new DifferenceException("it was never answered.");
        }
    }

    private static async Task RehearsalAsync(CheckContext context, CancellationToken token)
    {
        var untouched = await context.StartAsync(token);
        await untouched.InitializeAsync(token);
        Success(await untouched.TurnAsync("hello", token));
        var rehearsed = await context.StartAsync(token);
        await rehearsed.InitializeAsync(token);
        await rehearsed.AskAsync(Hooks(new JsonObject
        {
            ["UserPromptSubmit"] = new JsonArray(new JsonObject
            {
                ["hooks"] = new JsonArray(new JsonObject { ["type"] = "command", ["command"] = "exit 2" }),
            }),
        }), token);
        var blocked = (CliResult)(await rehearsed.TurnAsync("rehearsal", token))[^1];
        await rehearsed.AskAsync(Hooks(null), token);
        Expect.Equal(0, blocked.TurnCount, "num_turns of a blocked prompt");
        Expect.Equal(1, context.Simulator.MessageRequests.Count, "calls of the API so far");
        Success(await rehearsed.TurnAsync("hello", token));
        var bodies = context.Simulator.MessageRequests.Select(Body).ToArray();
        Expect.Equal(bodies[0], bodies[1], "the request after a rehearsal");

        static JsonObject Hooks(JsonNode? hooks) => new() { ["subtype"] = "apply_flag_settings", ["settings"] = new JsonObject { ["hooks"] = hooks } };
        static string Body(RecordedRequest request)
        {
            var body = JsonNode.Parse(request.Body.GetRawText())!.AsObject();
            body.Remove("metadata"); // Names the session.
            return body.ToJsonString();
        }
    }

    private static async Task EndAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        Success(await cli.TurnAsync("hello", token));
        var exit = await cli.Process.StopAsync(new Processes.StopGrace(CliUnderTest.Patience, TimeSpan.FromSeconds(3)));
        Expect.Equal(0, exit.ExitCode, "the exit code");
    }

    internal static string Text(IEnumerable<CliMessage> turn) =>
        string.Concat(turn.OfType<CliDelta>().Where(delta => delta.Kind == CliDeltaKind.Text).Select(delta => delta.Text));

    internal static CliResult Success(IReadOnlyList<CliMessage> turn)
    {
        var result = (CliResult)turn[^1];
        return result is { Subtype: "success", IsError: false }
            ? result
            : throw new DifferenceException($"the turn ended as {result.Subtype}, is_error {result.IsError}: {result.Text}");
    }

    private static string[] Lines(string text) => text.Split('\n');

    private static IEnumerable<string> Spoken(RecordedRequest request) => request.Messages.Select(message => $"{message.Role}: {message.Text}");
}
