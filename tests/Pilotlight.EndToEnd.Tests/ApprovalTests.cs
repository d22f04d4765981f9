using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>A person in the loop over HTTP, on the real CLI: how tools ran is told from the files that they write.</summary>
public sealed class ApprovalTests : EndToEndTest
{
    private string Work => Directory.CreateDirectory(Path.Combine(Data, "work")).FullName;

    private string Log => Path.Combine(Work, "log");

    [Fact]
    public async Task A_call_waits_is_listed_runs_after_a_yes_and_stands_in_the_history()
    {
        await using var gateway = await StartAsync();
        var thread = await CreateAsync(gateway);
        var events = new List<ClientEvent>();
        var statuses = new List<HttpStatusCode>();

        await foreach (var item in gateway.TurnAsync(thread, Say("echo ran >> log"), Token))
        {
            events.Add(item);
            if (item.Type == "approval.requested")
            {
                Assert.False(File.Exists(Log));
                var listed = Assert.Single((await gateway.GetAsync($"/api/threads/{thread}/approvals", Token)).GetProperty("items").EnumerateArray());
                Assert.Equal(("pending", "Bash", "Run echo ran >> log"), (Text(listed, "state"), Text(listed, "tool"), Text(listed, "title")));
                var id = Text(item.Data, "approvalId");
                statuses.Add(await AnswerAsync(gateway, thread, "apr_none", new { decision = "allow" }));
                statuses.Add(await AnswerAsync(gateway, thread, id, new { decision = "perhaps" }));
                statuses.AddRange((await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => AnswerAsync(gateway, thread, id, new { decision = "allow" })))).Order());
            }
        }

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.OK, .. Enumerable.Repeat(HttpStatusCode.Conflict, 4)], statuses);
        Assert.Equal(
            ["turn.started", "text.delta", "tool.started", "approval.requested", "approval.resolved", "tool.finished", "text.delta", "turn.completed"],
            events.Select(item => item.Type).Aggregate(new List<string>(), (types, type) => types is [.., "text.delta"] && type == "text.delta" ? types : [.. types, type]));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(item => item.Id));
        var resolved = events.Single(item => item.Type == "approval.resolved").Data;
        Assert.Equal(("allow", "local"), (Text(resolved, "decision"), Text(resolved, "by")));
        Assert.Equal("ran\n", await File.ReadAllTextAsync(Log, Token));

        var answer = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items")[1];
        var call = answer.GetProperty("steps")[0].GetProperty("calls")[0];
        Assert.Equal("Bash", Text(call, "name"));
        Assert.Equal("echo ran >> log", call.GetProperty("input").GetProperty("command").GetString());
        Assert.False(call.GetProperty("isError").GetBoolean());
    }

    [Fact]
    public async Task One_that_waits_long_holds_no_process_and_runs_once_on_another()
    {
        await using var gateway = await StartAsync("--Pilotlight:Claude:Profiles:coder:ApprovalHold=00:00:00", "--Pilotlight:Relay:MaxRunning=1");
        var thread = await CreateAsync(gateway);
        var (_, turn, approval) = await AskAsync(gateway, thread, "echo ran >> log");

        await gateway.WaitForAsync(pool => pool.GetProperty("profiles").EnumerateArray().All(profile => profile.GetProperty("leased").GetInt32() == 0 && profile.GetProperty("hot").GetInt32() == 0), Token);
        var other = await gateway.TurnAsync(await gateway.CreateThreadAsync(Token), "Is there a place?", Token).LastAsync(Token);
        var status = await AnswerAsync(gateway, thread, approval, new { decision = "allow" });
        var events = await gateway.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);

        Assert.Equal(("turn.completed", HttpStatusCode.OK), (other.Type, status));
        Assert.Equal("turn.completed", events[^1].Type);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(id => (long)id), events.Select(item => item.Id));
        Assert.Equal("ran\n", await File.ReadAllTextAsync(Log, Token));
        Assert.Single(events, item => item.Type == "turn.started");
        Assert.Single(events, item => item.Type == "tool.started");
    }

    [Fact]
    public async Task A_message_with_a_file_is_asked_for_too_and_its_tools_stand_in_the_history()
    {
        await using var gateway = await StartAsync("--Pilotlight:Claude:Profiles:coder:ApprovalHold=00:00:00");
        var thread = await CreateAsync(gateway);
        var file = new[] { new { mediaType = "text/plain", name = "notes.txt", data = Convert.ToBase64String("Mind the gap."u8) } };
        var (_, turn, approval) = await AskAsync(gateway, thread, "echo ran >> log", file);
        await gateway.WaitForAsync(pool => pool.GetProperty("profiles").EnumerateArray().All(profile => profile.GetProperty("hot").GetInt32() == 0), Token);

        Assert.Equal(HttpStatusCode.OK, await AnswerAsync(gateway, thread, approval, new { decision = "allow" }));
        var events = await gateway.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);

        Assert.Equal("turn.completed", events[^1].Type);
        Assert.Equal("ran\n", await File.ReadAllTextAsync(Log, Token));
        var messages = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items");
        Assert.Equal("Bash", Text(messages[1].GetProperty("steps")[0].GetProperty("calls")[0], "name"));
        Assert.Equal(1, messages[0].GetProperty("attachments").GetArrayLength());
    }

    [Fact]
    public async Task One_waits_on_across_a_crash_and_a_start()
    {
        string thread, turn, approval;
        await using (var gateway = await StartAsync())
        {
            thread = await CreateAsync(gateway);
            (_, turn, approval) = await AskAsync(gateway, thread, "echo ran >> log");
            await gateway.KillAsync();
        }

        await using var next = await StartAsync();
        var listed = (await next.GetAsync($"/api/threads/{thread}/approvals", Token)).GetProperty("items")[0];
        Assert.Equal("pending", Text(listed, "state"));
        Assert.False(File.Exists(Log));
        Assert.Equal(HttpStatusCode.OK, await AnswerAsync(next, thread, approval, new { decision = "allow", input = new { command = "echo changed >> log" } }));
        var events = await next.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);

        Assert.Equal("turn.completed", events[^1].Type);
        Assert.Equal("changed\n", await File.ReadAllTextAsync(Log, Token));
        Assert.Equal("turn.completed", (await next.TurnAsync(thread, "And now?", Token).LastAsync(Token)).Type);
    }

    [Fact]
    public async Task The_deadline_denies_and_the_model_goes_on()
    {
        await using var gateway = await StartAsync("--Pilotlight:Claude:Profiles:coder:ApprovalTimeout=00:00:01");
        var thread = await CreateAsync(gateway);

        var events = await gateway.TurnAsync(thread, Say("echo ran >> log"), Token).ToListAsync(Token);

        Assert.Equal("turn.completed", events[^1].Type);
        var resolved = events.Single(item => item.Type == "approval.resolved").Data;
        Assert.Equal(("deny", "deadline"), (Text(resolved, "decision"), Text(resolved, "by")));
        Assert.True(events.Single(item => item.Type == "tool.finished").Data.GetProperty("isError").GetBoolean());
        Assert.False(File.Exists(Log));
    }

    [Fact]
    public async Task A_cancel_and_a_deleted_thread_deny()
    {
        await using var gateway = await StartAsync();
        var thread = await CreateAsync(gateway);
        var (_, turn, approval) = await AskAsync(gateway, thread, "echo ran >> log");
        var gone = await CreateAsync(gateway);
        var (_, _, goneApproval) = await AskAsync(gateway, gone, "echo ran >> log");

        using (var cancelled = await gateway.Http.PostAsync($"/api/threads/{thread}/turns/{turn}/cancel", null, Token))
        {
            Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
        }

        using (var deleted = await gateway.Http.DeleteAsync($"/api/threads/{gone}", Token))
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        var events = await gateway.JoinAsync(thread, turn, 0, Token).ToListAsync(Token);
        Assert.Equal(["approval.resolved", "turn.cancelled"], events[^2..].Select(item => item.Type));
        Assert.Equal(("deny", "cancel"), (Text(events[^2].Data, "decision"), Text(events[^2].Data, "by")));
        Assert.Equal(HttpStatusCode.Conflict, await AnswerAsync(gateway, thread, approval, new { decision = "allow" }));
        Assert.Equal(HttpStatusCode.NotFound, await AnswerAsync(gateway, gone, goneApproval, new { decision = "allow" }));
        Assert.Equal("turn.completed", (await gateway.TurnAsync(thread, "Something else, then.", Token).LastAsync(Token)).Type);
        Assert.False(File.Exists(Log));
    }

    [Fact]
    public async Task What_is_remembered_holds_for_the_same_command_in_the_thread_also_after_a_start()
    {
        string thread;
        await using (var gateway = await StartAsync())
        {
            thread = await CreateAsync(gateway);
            var (_, turn, approval) = await AskAsync(gateway, thread, "echo ran >> log");
            await AnswerAsync(gateway, thread, approval, new { decision = "allow", remember = true });
            await gateway.JoinAsync(thread, turn, 0, Token).LastAsync(Token);
        }

        await using var next = await StartAsync("--Pilotlight:Claude:Profiles:coder:ApprovalTimeout=00:00:01");
        var same = await next.TurnAsync(thread, Say("echo ran >> log"), Token).ToListAsync(Token);
        var another = await next.TurnAsync(thread, Say("echo other >> log"), Token).ToListAsync(Token);

        Assert.DoesNotContain(same, item => item.Type == "approval.requested");
        Assert.Contains(another, item => item.Type == "approval.requested");
        Assert.Equal("ran\nran\n", await File.ReadAllTextAsync(Log, Token));
    }

    [Fact]
    public async Task A_question_of_the_models_is_answered_and_one_without_answers_is_refused()
    {
        await using var gateway = await StartAsync();
        var thread = await CreateAsync(gateway);
        const string Questions = """{"questions":[{"question":"Which color?","header":"Color","multiSelect":false,"options":[{"label":"Red","description":"r"},{"label":"Blue","description":"b"}]}]}""";
        var events = new List<ClientEvent>();

        await foreach (var item in gateway.TurnAsync(thread, $"[[sim tool=AskUserQuestion input={Questions}]]", Token))
        {
            events.Add(item);
            if (item.Type == "question.asked")
            {
                Assert.Equal("Which color?", Text(item.Data.GetProperty("questions")[0], "question"));
                var id = Text(item.Data, "approvalId");
                Assert.Equal(HttpStatusCode.BadRequest, await AnswerAsync(gateway, thread, id, new { decision = "allow" }));
                Assert.Equal(HttpStatusCode.OK, await AnswerAsync(gateway, thread, id, new { answers = new Dictionary<string, string> { ["Which color?"] = "Blue" } }));
            }
        }

        Assert.Equal("turn.completed", events[^1].Type);
        Assert.Contains("Blue", Text(events.Single(item => item.Type == "tool.finished").Data, "summary"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_are_wrong_stop_the_start_and_say_which()
    {
        var (code, _, error) = await GatewayProcess.RunAsync(
            ["serve", "--data", Data, "--simulate", "--Pilotlight:Claude:Profiles:coder:Tools:0=Bash", "--Pilotlight:Claude:Profiles:coder:Approval=Sometimes"], Token);

        Assert.Equal(1, code);
        Assert.Contains("Approval", error, StringComparison.Ordinal);
        Assert.Contains("Sometimes", error, StringComparison.Ordinal);
    }

    private static string Say(string command) => $$"""[[sim tool=Bash input={"command":"{{command}}"}]]""";

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static Task<string> CreateAsync(GatewayProcess gateway) => gateway.CreateThreadAsync(TestContext.Current.CancellationToken, new { profile = "coder" });

    private async Task<(List<ClientEvent> Events, string Turn, string Approval)> AskAsync(GatewayProcess gateway, string thread, string command, object? attachments = null)
    {
        var events = new List<ClientEvent>();
        await foreach (var item in gateway.TurnAsync(thread, Say(command), Token, attachments: attachments))
        {
            events.Add(item);
            if (item.Type == "approval.requested")
            {
                break;
            }
        }

        return (events, Text(events[0].Data, "turnId"), Text(events[^1].Data, "approvalId"));
    }

    private async Task<HttpStatusCode> AnswerAsync(GatewayProcess gateway, string thread, string approval, object answer)
    {
        using var response = await gateway.Http.PostAsJsonAsync($"/api/threads/{thread}/approvals/{approval}", answer, Token);
        return response.StatusCode;
    }

    private Task<GatewayProcess> StartAsync(params string[] arguments) => GatewayProcess.StartAsync(
        Data, Token, null,
        [
            "--simulate", "--Pilotlight:Claude:Profiles:coder:Tools:0=Bash", "--Pilotlight:Claude:Profiles:coder:Tools:1=AskUserQuestion", "--Pilotlight:Claude:Profiles:coder:Approval=Ask",
            $"--Pilotlight:Claude:Profiles:coder:WorkingDirectory={Work}", .. arguments,
        ]);
}
