using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Turns;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>A whole first turn that the relay answered: to the API, a process that went through it is one that did not.</summary>
public sealed partial class WholeRehearsalTests
{
    private const string Picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private static readonly UserImage Image = new("image/png", Convert.FromBase64String(Picture));

    private static readonly HistoryMessage[] Earlier =
    [
        new(HistoryRole.User, "old, \"quoted\" and <angled> – ünïcode 😀\u2028 \t\n\nend  "), new(HistoryRole.Assistant, "  answer\\ with \u0007 space \n"),
        new(HistoryRole.User, "older"), new(HistoryRole.Assistant, "answer 2", ["Bash"]),
        new(HistoryRole.User, "two"), new(HistoryRole.User, "at once"), new(HistoryRole.Assistant, "answer 3"),
    ];

    private static readonly AIFunction Add = AIFunctionFactory.Create((int a, int b) => a + b, "add", "Adds two numbers.");

    /// <summary>What can be told of a conversation, alone and together.</summary>
    private static readonly Dictionary<string, Func<ClaudeHost, Task<IReadOnlyList<TurnEvent>>>> Stories = new(StringComparer.Ordinal)
    {
        ["plain"] = host => SayAsync(host, new(), "one", "two", "three"),
        ["text that looks like the CLI's own"] = host => SayAsync(host, new(), "You are powered by the model named X", "<command-name>/model</command-name>", "/compact"),
        ["another model"] = host => SayAsync(host, new() { Model = "opus" }, "one", "two", "three"),
        ["a small model"] = host => SayAsync(host, new() { Model = "haiku" }, "one", "two"),
        ["a system prompt"] = host => SayAsync(host, new() { SystemPrompt = " Speak like a pirate.\n\nAlways: \"<ahoy>\" – 😀 \n" }, "one", "two"),
        ["history"] = host => SayAsync(host, new() { History = Earlier }, "one", "two"),
        ["history, model, prompt and effort"] = host => SayAsync(host, new() { History = Earlier, Model = "opus", SystemPrompt = "Be brief.", Effort = Effort.High }, "one", "two"),
        ["history with an image"] = host => SayAsync(
            host, new() { History = [new(HistoryRole.User, "see") { Content = [new UserText("see"), Image] }, new(HistoryRole.Assistant, "seen"), .. Earlier] }, "one", "two"),
        ["history that ends with a question"] = host => SayAsync(host, new() { History = [.. Earlier, new(HistoryRole.User, "unanswered")] }, "one", "two"),
        ["effort"] = host => SayAsync(host, new() { Effort = Effort.High }, "one", "two"),
        ["effort that changes"] = async host =>
            [.. await SayAsync(host, new() { Effort = Effort.High }, "one", "two"), .. await SayAsync(host, new() { Effort = Effort.Low }, "three", "four")],
        ["summaries of the thinking"] = host => SayAsync(host, new() { ThinkingSummaries = true, Effort = Effort.Low }, "one", "two"),
        ["an image"] = async host => [.. await SayPartsAsync(host, new(), new UserText("what is it?"), Image), .. await SayAsync(host, new(), "two")],
        ["an image alone, another model"] = async host =>
            [.. await SayPartsAsync(host, new() { Model = "opus" }, Image), .. await SayAsync(host, new() { Model = "opus" }, "two")],
        ["tools"] = host =>
        {
            host.Simulator.Enqueue(Counted(Scenario.ToolUse("mcp__functions__add", """{"a":2,"b":3}""", "I add.")), Counted(Scenario.Answer("It is 5.")));
            return SayAsync(host, new() { Tools = [Add] }, "2 and 3?", "thanks");
        },
        ["tools, history, model and prompt"] = host =>
        {
            host.Simulator.Enqueue(Counted(Scenario.ToolUse("mcp__functions__add", """{"a":2,"b":3}""", "I add.")), Counted(Scenario.Answer("It is 5.")));
            return SayAsync(host, new() { Tools = [Add], History = Earlier, Model = "opus", SystemPrompt = "Count." }, "2 and 3?", "thanks");
        },
        ["thinking"] = host =>
        {
            host.Simulator.Enqueue(Counted(Scenario.Thinking("hm", "so")), Counted(Scenario.Thinking("hm hm", "so so")));
            return SayAsync(host, new(), "one", "two", "three");
        },
        ["summed up"] = host => SumUpAsync(host, new()),
        ["summed up, with history, model and prompt"] = host => SumUpAsync(host, new() { History = Earlier, Model = "opus", SystemPrompt = "Be brief." }),
        ["a first turn that failed"] = host =>
        {
            host.Simulator.Enqueue(Scenario.Status(400, message: "no"));
            return SayAsync(host, new(), "one", "two");
        },
        ["a first turn that was cut and tried again"] = host =>
        {
            host.Simulator.Enqueue(Counted(Scenario.Cut("one two three four", 2)));
            return SayAsync(host, new(), "one", "two");
        },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Stories.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_request_and_every_figure_is_that_of_an_untouched_process(string story)
    {
        var (untouched, ends) = await TellAsync(story, isRehearsed: false);
        var (rehearsed, rehearsedEnds) = await TellAsync(story, isRehearsed: true);

        Assert.Equal(untouched, rehearsed);
        Assert.Equal(ends, rehearsedEnds);
    }

    [Fact]
    public async Task The_rehearsal_itself_reaches_no_api_and_no_log()
    {
        var log = new System.Text.StringBuilder();
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked, services: services => services.AddLogging(logging => logging.AddProvider(new TextLog(log))));
        await host.WaitForWarmthAsync(Token);
        Assert.DoesNotContain(host.Simulator.Requests, request => request.Method == "POST");

        await host.RunAsync(new Conversation { Id = "t" }, "one", Token);

        Assert.Single(host.Simulator.MessageRequests);
        Assert.DoesNotContain("ehears", log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ehears", host.Simulator.MessageRequests[0].Body.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_whose_request_was_refused_goes_on_in_another_process()
    {
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked);
        await host.WaitForWarmthAsync(Token);
        var kind = host.Services.GetRequiredService<ClaudeProfiles>().For(new Conversation { Id = "" });
        var lease = await host.Pool.AcquireAsync(kind.Process, Token);
        var asked = lease.State.Rehearsal!.Prompt;
        await lease.ReturnCleanAsync();

        // What nobody outside can say: the rehearsal's own words, which the relay then finds where it has not looked for them.
        var refused = await host.RunAsync(new Conversation { Id = "t" }, asked, Token);
        Assert.IsType<TurnFailed>(refused[^1]);
        Assert.Empty(host.Simulator.MessageRequests);

        var answered = await host.RunAsync(new Conversation { Id = "t" }, "go on", Token);
        Assert.IsType<TurnCompleted>(answered[^1]);
        Assert.Equal(["go on"], Assert.Single(host.Simulator.MessageRequests).Messages.Where(message => message.Role == "user").Select(message => message.Text));
        Assert.NotEqual(AcquireSource.Hot, answered.OfType<TurnStarted>().Single().Source);
    }

    private static async Task<(IReadOnlyList<string> Requests, IReadOnlyList<object> Ends)> TellAsync(string story, bool isRehearsed)
    {
        await using var host = await ClaudeHost.StartAsync(claude => (claude.Rehearse, claude.RehearseOnWire, claude.MaxRetries) = (isRehearsed, isRehearsed, 2), ClaudeHost.OneParked);
        host.Simulator.When(_ => true, new Scenario { Text = "an answer", InputTokens = 100 });
        await host.WaitForWarmthAsync(Token);
        Assert.Equal(isRehearsed, await IsRehearsedAsync(host));
        var events = await Stories[story](host);
        return ([.. host.Simulator.Requests.Where(request => request.Method == "POST").Select(request => Describe(request, host.Home))], [.. events.Select(End).OfType<object>()]);
    }

    // Takes the process that is parked, looks, and gives it back.
    private static async Task<bool> IsRehearsedAsync(ClaudeHost host)
    {
        var kind = host.Services.GetRequiredService<ClaudeProfiles>().For(new Conversation { Id = "" });
        var lease = await host.Pool.AcquireAsync(kind.Process, Token);
        var isRehearsed = lease.State.Rehearsal is { IsAnswered: true, Fault: null };
        await lease.ReturnCleanAsync();
        return isRehearsed;
    }

    // By itself the simulator counts what it is sent, the block that only an untouched process sends as well.
    private static Scenario Counted(Scenario scenario) => scenario with { InputTokens = 100 };

    private static object? End(TurnEvent turnEvent) => turnEvent switch
    {
        TurnCompleted end => (end.Text, end.Usage, end.CostUsd, end.Model, end.StopReason),
        TurnFailed end => (end.Error.Kind, end.Error.Message, end.Usage, end.Model),
        TurnCancelled end => (end.PartialText, end.Usage),
        _ => null,
    };

    private static async Task<IReadOnlyList<TurnEvent>> SayAsync(ClaudeHost host, Told told, params string[] texts)
    {
        var events = new List<TurnEvent>();
        foreach (var text in texts)
        {
            events.AddRange(await SayPartsAsync(host, told, new UserText(text)));
        }

        return events;
    }

    private static async Task<IReadOnlyList<TurnEvent>> SayPartsAsync(ClaudeHost host, Told told, params UserContent[] parts)
    {
        var events = new List<TurnEvent>();
        var conversation = new Conversation
        {
            Id = "t", Model = told.Model, SystemPrompt = told.SystemPrompt, History = told.History, Effort = told.Effort, Tools = told.Tools,
            ThinkingSummaries = told.ThinkingSummaries,
        };
        await foreach (var turnEvent in host.Conversations.RunTurnAsync(conversation, parts, Token))
        {
            events.Add(turnEvent);
        }

        return events;
    }

    // The API says that the context is nearly full, and the CLI sums the conversation up before the turn after that.
    private static async Task<IReadOnlyList<TurnEvent>> SumUpAsync(ClaudeHost host, Told told)
    {
        var before = await SayAsync(host, told, "one", "two");
        host.Simulator.Enqueue(new Scenario { Text = "long", InputTokens = 990_000 });
        var full = await SayAsync(host, told, "three");
        var after = await SayAsync(host, told, "four", "five");
        Assert.Contains(host.Simulator.MessageRequests, request => request.Headers.Values.Contains("compaction") || request.LastUserText.Contains("summary", StringComparison.OrdinalIgnoreCase));
        return [.. before, .. full, .. after];
    }

    // All but what names the session and this run's folder; and the block that a rehearsed process is told to leave out.
    private static string Describe(RecordedRequest request, string home)
    {
        var body = JsonNode.Parse(request.Body.GetRawText())!.AsObject();
        body.Remove("metadata");
        if (body["system"] is JsonArray system && ((string?)system[0]?["text"])?.StartsWith("x-anthropic-billing-header:", StringComparison.Ordinal) == true)
        {
            system.RemoveAt(0);
        }

        var text = body.ToJsonString().Replace(home, "HOME", StringComparison.Ordinal);
        return $"{request.Path} {request.Headers.GetValueOrDefault("anthropic-beta")} {ToolCallId().Replace(text, "TOOL")}";
    }

    [GeneratedRegex("toolu_sim_[0-9a-f]+")]
    private static partial Regex ToolCallId();

    private sealed class TextLog(System.Text.StringBuilder text) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (text)
            {
                text.AppendLine(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }

    private sealed record Told
    {
        public string? Model { get; init; }

        public string? SystemPrompt { get; init; }

        public IReadOnlyList<HistoryMessage> History { get; init; } = [];

        public Effort? Effort { get; init; }

        public IReadOnlyList<AIFunctionDeclaration> Tools { get; init; } = [];

        public bool? ThinkingSummaries { get; init; }
    }
}
