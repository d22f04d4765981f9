using System.Net;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Tests;

/// <summary>The real CLI over a relay.</summary>
public sealed class RelayTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_turn_of_the_cli_goes_through_with_the_servers_key_and_is_counted()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        host.Simulator.Enqueue(new Scenario { Text = "one two three", InputTokens = 40, CacheReadTokens = 30, CacheWriteTokens = 20 });
        var listener = new Listener();

        using (process.BeginTurn(new WireTurn { Observer = listener }))
        {
            var turn = await cli.TurnAsync("hello", Token);
            Assert.Equal("one two three", CliProcess.ResultOf(turn));
        }

        var request = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(WireHost.Key, request.Headers["x-api-key"]);
        var (call, report) = Assert.Single(listener.Ends);
        Assert.Equal((CallPurpose.Main, true), (call.Purpose, call.IsStreaming));
        Assert.Equal((CallOutcome.Completed, 200, "anthropic", 1, "end_turn"), (report.Outcome, report.Status, report.Upstream, report.Attempts, report.StopReason));
        Assert.Equal(request.Model, report.Model);
        Assert.Equal((40, 30, 20, 3), (report.Usage.InputTokens, report.Usage.CacheReadTokens, report.Usage.CacheWriteTokens, report.Usage.OutputTokens));
        Assert.True(report.TimeToResponse <= report.TimeToFirstText && report.TimeToFirstText <= report.Duration);
        Assert.Equal(["started", "answered", "used", "text", "ended"], listener.Order.Distinct());
    }

    [Fact]
    public async Task A_process_with_a_socket_of_its_own_needs_no_token_and_is_told_from_others()
    {
        await using var host = await WireHost.StartAsync();
        var folder = Directory.CreateTempSubdirectory("plw-");
        try
        {
            using var other = host.Relay.Open();
            using var process = host.Relay.Open(new WireProcessOptions { SocketPath = Path.Combine(folder.FullName, "own") });
            await using (var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token))
            {
                host.Simulator.Enqueue(Scenario.Answer("over its own"));
                var (own, others) = (new Listener(), new Listener());
                using (other.BeginTurn(new WireTurn { Observer = others }))
                using (process.BeginTurn(new WireTurn { Observer = own }))
                {
                    Assert.Equal("over its own", CliProcess.ResultOf(await cli.TurnAsync("hello", Token)));
                }

                Assert.Single(own.Ends);
                Assert.Empty(others.Ends);
                Assert.DoesNotContain(process.Environment.Values, value => value.Contains("pl-wire-", StringComparison.Ordinal));
                Assert.Equal(WireHost.Key, Assert.Single(host.Simulator.MessageRequests).Headers["x-api-key"]);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Bodies_and_headers_are_those_of_a_cli_without_a_relay()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using (var straight = await CliProcess.StartAsync(
            new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = WireHost.Key, ["ANTHROPIC_BASE_URL"] = host.Simulator.BaseAddress.ToString() }, CliProcess.Agent, Token))
        {
            await straight.TurnAsync("hello „wörld“ \U0001F600", Token);
        }

        await using (var relayed = await WireHost.StartCliAsync(process, CliProcess.Agent, Token))
        {
            await relayed.TurnAsync("hello „wörld“ \U0001F600", Token);
        }

        var requests = host.Simulator.MessageRequests;
        Assert.Equal(2, requests.Count);
        Assert.Equal(Comparable(requests[0].Body), Comparable(requests[1].Body));
        Assert.Equal(Names(requests[0]), Names(requests[1]));
        Assert.Equal(requests[0].Headers["anthropic-beta"], requests[1].Headers["anthropic-beta"]);

        // What is a process's own: where it lives, and who it says it is.
        static string Comparable(JsonElement body) => System.Text.RegularExpressions.Regex.Replace(
            body.GetRawText(), "pilotlight-wire-[A-Za-z0-9]+|[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27}", "X");

        static IEnumerable<string> Names(RecordedRequest request) =>
            request.Headers.Keys.Select(name => name.ToLowerInvariant()).Except(["accept-encoding", "connection"]).Order();
    }

    [Fact]
    public async Task A_subagents_calls_and_side_calls_are_told_apart_and_left_as_they_are()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        var hook = """{"hooks":{"UserPromptSubmit":[{"hooks":[{"type":"prompt","prompt":"fine? $ARGUMENTS"}]}]}}""";
        await using var cli = await WireHost.StartCliAsync(process, [.. CliProcess.Agent, "--settings", hook], Token);
        host.Simulator.When(request => request.SystemPrompt.Contains("evaluating a hook", StringComparison.Ordinal), Scenario.Answer("""{"ok":true,"reason":""}"""));
        host.Simulator.When(
            request => request.LastUserText.Contains("go ahead", StringComparison.Ordinal) && !request.BringsToolResult && !request.SystemPrompt.Contains("evaluating a hook", StringComparison.Ordinal),
            Scenario.ToolUse("Agent", """{"description":"look","prompt":"look around","subagent_type":"general-purpose","run_in_background":false}"""));
        var listener = new Listener();

        using var scope = process.BeginTurn(new WireTurn { Observer = listener, Parameters = new() { Temperature = 0.25 } });
        await cli.TurnAsync("go ahead", Token);

        var purposes = listener.Ends.Select(end => (end.Call.Purpose, end.Report.HasParameters)).ToList();
        Assert.Contains((CallPurpose.Main, true), purposes);
        Assert.Contains((CallPurpose.Subagent, false), purposes);
        Assert.Contains((CallPurpose.Auxiliary, false), purposes);
        Assert.DoesNotContain(purposes, row => row.HasParameters != (row.Purpose == CallPurpose.Main));
        Assert.Equal(2, scope.CallsWithParameters);
        Assert.Equal(2, host.Simulator.MessageRequests.Count(request => request.Body.TryGetProperty("temperature", out _)));
    }

    [Fact]
    public async Task A_turns_parameters_are_set_and_gone_with_the_turn()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        host.Simulator.Enqueue(Scenario.Answer("one two STOP three"));
        var listener = new Listener();

        using (process.BeginTurn(new WireTurn
        {
            Observer = listener,
            Parameters = new() { Temperature = 0.5, StopSequences = ["STOP"], MaxTokens = 1000, UserId = "somebody" },
        }))
        {
            Assert.Equal("one two", CliProcess.ResultOf(await cli.TurnAsync("first", Token)).Trim());
        }

        await cli.TurnAsync("second", Token);

        var (first, second) = (host.Simulator.MessageRequests[0].Body, host.Simulator.MessageRequests[1].Body);
        Assert.Equal(0.5, first.GetProperty("temperature").GetDouble());
        Assert.Equal(1000, first.GetProperty("max_tokens").GetInt32());
        Assert.Equal("somebody", first.GetProperty("metadata").GetProperty("user_id").GetString());
        Assert.False(first.TryGetProperty("thinking", out _));
        Assert.False(second.TryGetProperty("temperature", out _));
        Assert.True(second.TryGetProperty("thinking", out _));
        Assert.Equal(("stop_sequence", "STOP"), (listener.Ends.Single().Report.StopReason, listener.Ends.Single().Report.StopSequence));
    }

    [Fact]
    public async Task Notes_a_prefill_and_an_effort_stand_where_the_api_wants_them()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        await cli.TurnAsync("first", Token);

        using (process.BeginTurn(new WireTurn { Parameters = new() { Prefill = "{\"", Effort = "high", SystemNotes = [new(2, "a note")], Betas = ["own-beta-1"] } }))
        {
            await cli.TurnAsync("second", Token);
        }

        var request = host.Simulator.MessageRequests[^1];
        Assert.Equal(["user", "assistant", "system: a note", "user", "assistant: {\""], request.AllMessages
            .Where(message => !message.Text.Contains("# Environment", StringComparison.Ordinal))
            .Select(message => message.Text is "a note" or "{\"" ? $"{message.Role}: {message.Text}" : message.Role));
        Assert.Equal("high", request.Body.GetProperty("output_config").GetProperty("effort").GetString());
        Assert.EndsWith(",own-beta-1", request.Headers["anthropic-beta"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_the_api_ends_at_max_tokens_is_the_turns_answer()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        host.Simulator.Enqueue(Scenario.Answer("one two three four"));
        var listener = new Listener();

        using var scope = process.BeginTurn(new WireTurn { Observer = listener, Parameters = new() { MaxTokens = 2 } });
        var turn = await cli.TurnAsync("count", Token);

        Assert.Equal("one two", CliProcess.ResultOf(turn).Trim());
        Assert.Equal("max_tokens", Assert.Single(listener.Ends).Report.StopReason);
    }

    [Fact]
    public async Task A_token_dies_with_its_process_and_opens_nothing_that_is_not_counted()
    {
        await using var host = await WireHost.StartAsync();
        var process = host.Relay.Open();
        using var http = Http(process.Environment["ANTHROPIC_UNIX_SOCKET"]);

        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("/v1/messages", "sk-ant-made-up"));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("/v1/messages", process.Environment["ANTHROPIC_API_KEY"][..^1] + "_"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/v1/messages", process.Environment["ANTHROPIC_API_KEY"]));
        Assert.Equal(HttpStatusCode.NotFound, await AskAsync("/v1/messages/batches", process.Environment["ANTHROPIC_API_KEY"]));
        process.Dispose();
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("/v1/messages", process.Environment["ANTHROPIC_API_KEY"]));

        Assert.Single(host.Simulator.MessageRequests);

        async Task<HttpStatusCode> AskAsync(string path, string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("""{"model":"m","messages":[{"role":"user","content":"hi"}]}""") };
            request.Headers.Add("x-api-key", key);
            using var response = await http.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task A_signed_in_cli_passes_with_its_own_credential()
    {
        await using var host = await WireHost.StartAsync(setup: given => given with { ApiKey = null });
        using var process = host.Relay.Open();
        Assert.True(process.IsSignedIn);
        Assert.Throws<InvalidOperationException>(() => process.BeginTurn(new WireTurn { Parameters = new() { TopK = 1 } }));
        var environment = new Dictionary<string, string>(process.Environment) { ["CLAUDE_CODE_OAUTH_TOKEN"] = "sk-ant-oat01-not-a-real-sign-in" };
        await using var cli = await CliProcess.StartAsync(environment, CliProcess.Chat, Token);
        var listener = new Listener();

        using var scope = process.BeginTurn(new WireTurn { Observer = listener });
        await cli.TurnAsync("hello", Token);

        var request = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal("Bearer sk-ant-oat01-not-a-real-sign-in", request.Headers["authorization"]);
        Assert.StartsWith("/v1/messages", request.Path, StringComparison.Ordinal);
        Assert.False(request.Headers.ContainsKey("x-api-key"));
        Assert.Equal(CallOutcome.Completed, listener.Ends.Single().Report.Outcome);
    }

    [Fact]
    public async Task The_socket_is_the_users_alone_and_one_left_by_a_dead_server_is_taken_over()
    {
        await using var host = await WireHost.StartAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.Relay.SocketPath!) & (UnixFileMode)0b111_111_111);

        var fault = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await using var second = new Relay(new WireOptions(), new RelaySetup { SocketPath = host.Relay.SocketPath });
            await second.StartAsync(Token);
        });
        Assert.Contains("another server", fault.Message, StringComparison.Ordinal);

        var left = Path.Combine(host.Folder, "left.sock");
        using (var dead = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            dead.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(left));
            File.Move(left, left + ".moved");
        }

        File.Move(left + ".moved", left);
        await using var third = new Relay(new WireOptions(), new RelaySetup { SocketPath = left, ApiKey = "k", BaseUrl = host.Simulator.BaseAddress.ToString() });
        await third.StartAsync(Token);
    }

    [Fact]
    public async Task A_path_that_is_too_long_and_a_file_in_the_way_are_told()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-wire-");
        var file = Path.Combine(folder.FullName, "file");
        await File.WriteAllTextAsync(file, "mine", Token);

        foreach (var (path, words) in new[] { (Path.Combine(folder.FullName, new string('x', 120)), "107"), (file, "no socket") })
        {
            await using var relay = new Relay(new WireOptions(), new RelaySetup { SocketPath = path });
            var fault = await Assert.ThrowsAsync<IOException>(() => relay.StartAsync(Token));
            Assert.Contains(path, fault.Message, StringComparison.Ordinal);
            Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        }

        Assert.Equal("mine", await File.ReadAllTextAsync(file, Token));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Keys_are_changed_while_a_process_lives()
    {
        await using var host = await WireHost.StartAsync();
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        await cli.TurnAsync("one", Token);

        host.Relay.Change([WireHost.At(host.Simulator, "other", key: "sk-ant-another-key")]);
        await cli.TurnAsync("two", Token);

        Assert.Equal([WireHost.Key, "sk-ant-another-key"], host.Simulator.MessageRequests.Select(request => request.Headers["x-api-key"]));
    }

    internal static HttpClient Http(string socket) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
            await connection.ConnectAsync(new System.Net.Sockets.UnixDomainSocketEndPoint(socket), cancellationToken);
            return new System.Net.Sockets.NetworkStream(connection, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://localhost"),
    };
}
