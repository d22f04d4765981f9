using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>What an agent's turns tell of its subagents over HTTP, and its files brought back.</summary>
public sealed class AgentTests : EndToEndTest
{
    [Fact]
    public async Task A_turn_tells_of_the_subagents_of_its_profile_and_ends_after_they_have_reported()
    {
        string[] settings =
        [
            "--simulate",
            "--Pilotlight:Claude:Profiles:coder:Tools:0=Agent",
            "--Pilotlight:Claude:Profiles:coder:Tools:1=Read",
            "--Pilotlight:Claude:Profiles:coder:Agents:reviewer:Description=Reviews what was written",
            "--Pilotlight:Claude:Profiles:coder:Agents:reviewer:Prompt=You are a strict reviewer.",
            "--Pilotlight:Claude:Profiles:coder:Agents:reviewer:Model=haiku",
            "--Pilotlight:Claude:Profiles:coder:Agents:reviewer:Tools:0=Read",
        ];
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, settings);
        var thread = await gateway.CreateThreadAsync(Token, new { profile = "coder" });

        var events = await gateway.TurnAsync(
            thread, """[[sim tool=Agent input={"description":"review it","prompt":"look at the file","subagent_type":"reviewer"}]]""", Token).ToListAsync(Token);

        Assert.Equal("turn.completed", events[^1].Type);
        var tasks = events.Where(one => one.Type == "task.updated").Select(one => one.Data).ToArray();
        Assert.Equal(("agent", "reviewer", "running"), (Word(tasks[0], "kind"), Word(tasks[0], "agent"), Word(tasks[0], "status")));
        Assert.Equal("completed", Word(tasks[^1], "status"));
        Assert.Equal(Word(events.Single(one => one.Type == "tool.started").Data, "id"), Word(tasks[0], "toolUseId"));
    }

    [Fact]
    public async Task Files_are_brought_back_over_http_while_the_process_lives()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Data, "there")).FullName;
        string[] settings =
        [
            "--simulate",
            "--Pilotlight:Claude:Profiles:coder:Tools:0=Write",
            "--Pilotlight:Claude:Profiles:coder:AllowedTools:0=Write",
            "--Pilotlight:Claude:Profiles:coder:Checkpoints=true",
            $"--Pilotlight:Claude:Profiles:coder:WorkingDirectory={folder}",
        ];
        string thread, turn;
        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, null, settings))
        {
            thread = await gateway.CreateThreadAsync(Token, new { profile = "coder" });
            turn = await WriteAsync(gateway, "made");
            Assert.Equal("made", await File.ReadAllTextAsync(Path.Combine(folder, "a.txt"), Token));

            using var trial = JsonDocument.Parse(await (await RewindAsync(gateway, "?trial=true")).Content.ReadAsStringAsync(Token));
            Assert.Equal(Path.Combine(folder, "a.txt"), Assert.Single(trial.RootElement.GetProperty("files").EnumerateArray()).GetString());
            Assert.True(File.Exists(Path.Combine(folder, "a.txt")));
            Assert.Equal(HttpStatusCode.OK, (await RewindAsync(gateway, "")).StatusCode);
            Assert.False(File.Exists(Path.Combine(folder, "a.txt")));
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.PostAsync($"/api/threads/{thread}/turns/trn_none/rewind", null, Token)).StatusCode);
        }

        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, null, settings))
        {
            using var refused = await RewindAsync(gateway, "");
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("no-checkpoint", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        async Task<string> WriteAsync(GatewayProcess gateway, string content)
        {
            var path = JsonEncodedText.Encode(Path.Combine(folder, "a.txt"));
            var events = await gateway.TurnAsync(thread, "[[sim tool=Write input={\"file_path\":\"" + path + "\",\"content\":\"" + content + "\"}]]", Token).ToListAsync(Token);
            Assert.Equal("turn.completed", events[^1].Type);
            return Word(events[0].Data, "turnId")!;
        }

        Task<HttpResponseMessage> RewindAsync(GatewayProcess gateway, string query) => gateway.Http.PostAsync($"/api/threads/{thread}/turns/{turn}/rewind{query}", null, Token);
    }

    [Fact]
    public async Task A_turn_that_may_cost_only_so_much_ends_there_and_says_so()
    {
        await using var gateway = await GatewayProcess.StartAsync(
            Data, Token, null, ["--simulate", "--Pilotlight:Claude:Profiles:coder:Tools:0=Bash", "--Pilotlight:Claude:Profiles:coder:AllowedTools:0=Bash"]);
        var thread = await gateway.CreateThreadAsync(Token, new { profile = "coder" });
        const string Work = """[[sim tool=Bash input={"command":"true"}]]""";

        var body = await SendAsync(new { text = Work, maxCostUsd = 0.000001 });
        var refused = await SendAsync(new { text = Work, maxCostUsd = 0 });
        var enough = await SendAsync(new { text = Work, maxCostUsd = 1 });

        Assert.Contains("budget-exceeded", body, StringComparison.Ordinal);
        Assert.Contains("may cost 0.000001 USD", body, StringComparison.Ordinal);
        Assert.Contains("maxCostUsd is 0", refused, StringComparison.Ordinal);
        Assert.Contains("turn.completed", enough, StringComparison.Ordinal);

        async Task<string> SendAsync(object turn)
        {
            using var answer = await gateway.Http.PostAsJsonAsync($"/api/threads/{thread}/turns", turn, Token);
            return await answer.Content.ReadAsStringAsync(Token);
        }
    }

    private static string? Word(JsonElement data, string name) => data.TryGetProperty(name, out var value) ? value.GetString() : null;
}
