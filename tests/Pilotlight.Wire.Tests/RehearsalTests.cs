using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Processes;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Wire.Tests;

/// <summary>A rehearsal answered by the relay, and what becomes of every request after it.</summary>
public sealed class RehearsalTests
{
    private const string Note = """{"role":"system","content":"# Environment\n\nYou are powered by the model named A. It is old.\n\nToday","output_config":{"effort":"medium"}}""";
    private const string Marked = ""","cache_control":{"type":"ephemeral"}""";

    private readonly List<string> _faults = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void The_first_call_is_answered_at_no_cost()
    {
        var rehearsal = New();

        var step = rehearsal.Take(CallPurpose.Main, isMessage: true, Body(User(rehearsal.Prompt), Note));

        Assert.True(rehearsal.IsAnswered);
        var events = Encoding.UTF8.GetString(step.Events!);
        Assert.StartsWith("event: message_start\ndata: {\"type\":\"message_start\"", events, StringComparison.Ordinal);
        Assert.Contains("\"model\":\"m\"", events, StringComparison.Ordinal);
        Assert.Contains("\"usage\":{\"input_tokens\":0,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":0}", events, StringComparison.Ordinal);
        Assert.EndsWith("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", events, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_first_turn_the_note_follows_the_question_and_has_the_mark()
    {
        var sent = Sent(new(), $$"""{"role":"user","content":[{"type":"text","text":"hi"{{Marked}}}]}""");

        Equal(
            sent,
            User("hi"),
            """{"role":"system","content":[{"type":"text","text":"# Environment\n\nYou are powered by the model named A. It is old.\n\nToday","cache_control":{"type":"ephemeral"}}],"output_config":{"effort":"medium"}}""");
    }

    [Fact]
    public void Of_a_later_turn_only_the_two_messages_are_missing()
    {
        string[] later = ["""{"role":"assistant","content":[{"type":"text","text":"yes"}]}""", $$"""{"role":"user","content":[{"type":"text","text":"b"{{Marked}}}]}"""];

        var sent = Sent(new(), [User("a"), .. later]);

        Equal(sent, [User("a"), Note, .. later]);
    }

    [Fact]
    public void A_change_of_effort_and_model_stands_in_the_note_from_the_start()
    {
        var sent = Sent(
            new() { HasNewModel = true },
            """{"role":"user","content":[{"type":"text","text":"<local-command-caveat>x"},{"type":"text","text":"<command-name>/model</command-name>x"},{"type":"text","text":"<local-command-stdout>Set model to x"},{"type":"text","text":"hi"}]}""",
            $$"""{"role":"system","content":[{"type":"text","text":"You are powered by the model named B."{{Marked}}}]}""",
            """{"role":"system","content":[],"output_config":{"effort":"high"}}""");

        Equal(
            sent,
            User("hi"),
            """{"role":"system","content":[{"type":"text","text":"# Environment\n\nYou are powered by the model named B.\n\nToday","cache_control":{"type":"ephemeral"}}],"output_config":{"effort":"high"}}""");
    }

    [Fact]
    public void Earlier_messages_stand_before_the_question()
    {
        var history = new[] { User("old"), """{"role":"assistant","content":[{"type":"text","text":"answer"}]}""" };

        var sent = Sent(new() { History = [.. history.Select(message => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(message))] }, User("new"));
        var replayed = Sent(new() { Replayed = 2 }, [.. history, User("new")]);

        Equal(
            sent,
            history[0],
            """{"role":"system","content":[],"output_config":{"effort":"medium"}}""",
            history[1],
            User("new"),
            """{"role":"system","content":"# Environment\n\nYou are powered by the model named A. It is old.\n\nToday"}""");
        Assert.Equal(sent.ToJsonString(), replayed.ToJsonString());
    }

    [Fact]
    public void The_system_prompt_is_put_in_the_place_of_the_one_that_was_told_and_everything_else_keeps_its_bytes()
    {
        var rehearsal = Rehearsed(out var head);
        rehearsal.Open(new() { SystemPrompt = "Be \"brief\"." });

        var step = rehearsal.Take(CallPurpose.Main, true, Body([.. head, User("a")]));

        var text = Encoding.UTF8.GetString(step.Body!.Value.Span);
        Assert.StartsWith("""{"model":"m","system":[{"type":"text","text":"First."},{"type":"text","text":"Be \"brief\".","cache_control":{"x":1.50}}],"messages":[""", text, StringComparison.Ordinal);
        Assert.EndsWith("""],"temperature":1.0e0}""", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no rehearsal at all", CallPurpose.Main)]
    [InlineData("a subagent that has it", CallPurpose.Subagent)]
    [InlineData("a call of unknown purpose", CallPurpose.Unknown)]
    [InlineData("another message before it", CallPurpose.Main)]
    [InlineData("another answer", CallPurpose.Main)]
    [InlineData("no note", CallPurpose.Main)]
    [InlineData("two notes", CallPurpose.Main)]
    [InlineData("no question", CallPurpose.Main)]
    [InlineData("the prompt with more in it", CallPurpose.Main)]
    [InlineData("once more in the question", CallPurpose.Main)]
    [InlineData("another system prompt", CallPurpose.Main)]
    [InlineData("a model that was not told", CallPurpose.Main)]
    [InlineData("no JSON", CallPurpose.Main)]
    public void What_is_not_as_expected_goes_nowhere_and_nothing_after_it_does(string fault, CallPurpose purpose)
    {
        var rehearsal = Rehearsed(out var head);
        rehearsal.Open(new() { SystemPrompt = "Mine.", HasNewModel = fault == "a model that was not told" });
        var good = Body([.. head, User("secret words")]);
        var body = fault switch
        {
            "no rehearsal at all" => Body(User("secret words")),
            "another message before it" => Body([User("secret words"), .. head, User("b")]),
            "another answer" => Body(head[0], head[1], """{"role":"assistant","content":[{"type":"text","text":"secret words"}]}""", User("b")),
            "no note" => Body(head[0], head[2], User("secret words"), User("b")),
            "two notes" => Body(head[0], head[1], head[1], head[2], User("secret words")),
            "no question" => Body(head),
            "the prompt with more in it" => Body(User(rehearsal.Prompt + " secret words"), head[1], head[2], User("b")),
            "once more in the question" => Body([.. head, User("secret words " + rehearsal.Prompt)]),
            "another system prompt" => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(good).Replace("Told.", "secret words", StringComparison.Ordinal)),
            "no JSON" => Encoding.UTF8.GetBytes("secret words " + rehearsal.Prompt),
            _ => good,
        };

        var step = rehearsal.Take(purpose, true, body);

        Assert.Null(step.Body);
        Assert.Null(step.Events);
        Assert.Equal(rehearsal.Fault, step.Refusal);
        Assert.Equal(rehearsal.Fault, Assert.Single(_faults));
        Assert.DoesNotContain("secret", step.Refusal, StringComparison.Ordinal);
        Assert.Null(rehearsal.Take(CallPurpose.Main, true, good).Body);
        Assert.Single(_faults);
    }

    [Theory]
    [InlineData(CallPurpose.Auxiliary)]
    [InlineData(CallPurpose.Compaction)]
    public void Before_the_rehearsal_no_call_goes_anywhere(CallPurpose purpose)
    {
        var rehearsal = New();

        Assert.NotNull(rehearsal.Take(purpose, true, Body(User("hi"))).Refusal);
        Assert.False(rehearsal.IsAnswered);
    }

    [Fact]
    public void A_conversation_that_was_summed_up_may_begin_with_its_summary()
    {
        var rehearsal = Rehearsed(out var head);
        rehearsal.Open(new() { SystemPrompt = "Mine.", History = [Encoding.UTF8.GetBytes(User("old")), Encoding.UTF8.GetBytes(User("x"))] });

        var summing = rehearsal.Take(CallPurpose.Compaction, true, Body([.. head, User("sum it up")]));
        var after = rehearsal.Take(CallPurpose.Main, true, Body(User("summary")));

        Assert.Contains("\"old\"", Encoding.UTF8.GetString(summing.Body!.Value.Span), StringComparison.Ordinal);
        var text = Encoding.UTF8.GetString(after.Body!.Value.Span);
        Assert.DoesNotContain("\"old\"", text, StringComparison.Ordinal);
        Assert.Contains("Mine.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Helpers_calls_and_counts_of_their_own_pass_byte_for_byte()
    {
        var rehearsal = Rehearsed(out var head);
        var helper = Body(User("title?"));

        Assert.True(helper.AsSpan().SequenceEqual(rehearsal.Take(CallPurpose.Auxiliary, true, helper).Body!.Value.Span));
        Assert.True(helper.AsSpan().SequenceEqual(rehearsal.Take(CallPurpose.Unknown, false, helper).Body!.Value.Span));
        Assert.DoesNotContain(rehearsal.Prompt, Encoding.UTF8.GetString(rehearsal.Take(CallPurpose.Unknown, false, Body([.. head, User("count")])).Body!.Value.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_api_hears_neither_of_the_rehearsal_nor_of_a_call_that_is_refused()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        var rehearsal = process.BeginRehearsal(new() { SystemPrompt = "Told.", OnFault = _faults.Add });
        Assert.Throws<InvalidOperationException>(() => process.BeginRehearsal(new() { SystemPrompt = "Told." }));
        using var client = Client(host, process);

        using var first = await client.SendAsync(Call(Body(User(rehearsal.Prompt), Note)), Token);
        var refused = await client.SendAsync(Call(Body(User("secret words"))), Token);

        Assert.Equal("text/event-stream", first.Content.Headers.ContentType!.MediaType);
        Assert.Equal((HttpStatusCode)424, refused.StatusCode);
        Assert.Equal(["false"], refused.Headers.GetValues("x-should-retry"));
        Assert.DoesNotContain("secret", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.DoesNotContain(host.Simulator.Requests, request => request.Method == "POST");
        Assert.Single(_faults);
    }

    [Fact]
    public async Task A_process_with_a_sign_in_is_never_rehearsed_by_the_relay()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open(new WireProcessOptions { IsSignedIn = true });

        Assert.Contains("signed in", Assert.Throws<InvalidOperationException>(() => process.BeginRehearsal(new() { SystemPrompt = "x" })).Message, StringComparison.Ordinal);
    }

    private WireRehearsal New() => new(new() { SystemPrompt = "Told.", OnFault = _faults.Add });

    private WireRehearsal Rehearsed(out string[] head)
    {
        var rehearsal = New();
        var events = Encoding.UTF8.GetString(rehearsal.Take(CallPurpose.Main, true, Body(User(rehearsal.Prompt), Note)).Events!);
        var answer = string.Concat(events.Split('\n')
            .Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
            .Select(line => (string?)JsonNode.Parse(line[6..])!["delta"]?["text"]));
        head = [User(rehearsal.Prompt), Note, $$"""{"role":"assistant","content":[{"type":"text","text":"{{answer}}"}]}"""];
        return rehearsal;
    }

    private JsonArray Sent(RehearsedOpening opening, params string[] conversation)
    {
        var rehearsal = Rehearsed(out var head);
        rehearsal.Open(opening);
        var step = rehearsal.Take(CallPurpose.Main, true, Body([.. head, .. conversation]));
        Assert.Null(rehearsal.Fault);
        return JsonNode.Parse(step.Body!.Value.Span)!["messages"]!.AsArray();
    }

    private static void Equal(JsonArray sent, params string[] messages) =>
        Assert.Equal(JsonNode.Parse($"[{string.Join(',', messages)}]")!.ToJsonString(), sent.ToJsonString());

    private static string User(string text) => $$"""{"role":"user","content":"{{text}}"}""";

    private static byte[] Body(params string[] messages) => Encoding.UTF8.GetBytes(
        """{"model":"m","system":[{"type":"text","text":"First."},{"type":"text","text":"Told.","cache_control":{"x":1.50}}],"messages":[""" + string.Join(',', messages) + """],"temperature":1.0e0}""");

    private static HttpClient Client(WireHost host, WireProcess process)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(host.Relay.SocketPath!), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        client.DefaultRequestHeaders.Add("x-api-key", process.Environment["ANTHROPIC_API_KEY"]);
        client.DefaultRequestHeaders.Add("x-claude-code-request-class", "main");
        return client;
    }

    private static HttpRequestMessage Call(byte[] body) => new(HttpMethod.Post, "http://localhost/v1/messages")
    {
        Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
    };
}
