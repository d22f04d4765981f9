using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The files of a thread over HTTP, and what its agent makes of them.</summary>
public sealed class FileTests : EndToEndTest
{
    private static readonly string[] Walled =
    [
        "--simulate",
        "--Pilotlight:Claude:Profiles:coder:Sandbox=Full",
        "--Pilotlight:Claude:Profiles:coder:Workspace=Thread",
        "--Pilotlight:Claude:Profiles:coder:Limits:Workspace=20000000",
        "--Pilotlight:Claude:Profiles:coder:Tools:0=Bash",
        "--Pilotlight:Claude:Profiles:coder:AllowedTools:0=Bash",
    ];

    [Fact]
    public async Task Files_go_up_to_an_agent_and_down_from_it_outlive_a_restart_and_go_with_the_thread()
    {
        string thread;
        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, null, Walled))
        {
            thread = await CreateAsync(gateway);
            Assert.Equal("""{"items":[]}""", await gateway.Http.GetStringAsync(Files(thread), Token));
            Assert.Equal(HttpStatusCode.Created, await PutAsync(gateway, thread, "src/a.txt", "from outside"));
            Assert.Equal(HttpStatusCode.NoContent, await PutAsync(gateway, thread, "src/a.txt", "from out there"));

            await gateway.TurnAsync(thread, """[[sim tool=Bash input={"command":"tr a-z A-Z < src/a.txt > b.txt; ln -s /etc/passwd out"}]]""", Token).ToListAsync(Token);

            Assert.Equal("FROM OUT THERE", await gateway.Http.GetStringAsync(Files(thread, "b.txt"), Token));
            Assert.Equal(0, await gateway.StopAsync(Token));
        }

        await using (var gateway = await GatewayProcess.StartAsync(Data, Token, null, Walled))
        {
            using var listed = JsonDocument.Parse(await gateway.Http.GetStringAsync(Files(thread), Token));
            Assert.Equal(["b.txt:file", "out:other", "src:folder"], listed.RootElement.GetProperty("items").EnumerateArray()
                .Select(entry => $"{entry.GetProperty("name").GetString()}:{entry.GetProperty("kind").GetString()}"));
            await gateway.TurnAsync(thread, """[[sim tool=Bash input={"command":"cp b.txt c.txt"}]]""", Token).ToListAsync(Token);
            using var down = await gateway.Http.GetAsync(Files(thread, "c.txt"), Token);
            Assert.Equal("FROM OUT THERE", await down.Content.ReadAsStringAsync(Token));
            Assert.Equal("attachment", down.Content.Headers.ContentDisposition?.DispositionType);

            Assert.Equal(HttpStatusCode.BadRequest, (await gateway.Http.GetAsync(Files(thread, "out"), Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync(Files(thread, "none"), Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync(Files(thread, "%2e%2e%2fx"), Token)).StatusCode);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await PutAsync(gateway, thread, "large", new string('x', 20_000_001)));
            Assert.Equal(HttpStatusCode.NoContent, (await gateway.Http.DeleteAsync(Files(thread, "src"), Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.DeleteAsync(Files(thread, "src"), Token)).StatusCode);

            Assert.NotEmpty(Folders());
            Assert.Equal(HttpStatusCode.NoContent, (await gateway.Http.DeleteAsync($"/api/threads/{thread}", Token)).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await gateway.Http.GetAsync(Files(thread), Token)).StatusCode);
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Data, "claude-simulated", "workspaces", "threads")));
            Assert.DoesNotContain(Folders(), folder => Directory.GetFiles(folder).Length > 0);
        }
    }

    [Fact]
    public async Task A_thread_whose_profile_gives_no_workspace_has_no_files()
    {
        var gateway = await SharedGateway.Instance;
        var thread = await gateway.CreateThreadAsync(Token);

        using var answer = await gateway.Http.GetAsync(Files(thread), Token);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("Workspace: Thread", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private string[] Folders() => Directory.GetDirectories(Path.Combine(Data, "claude-simulated", "workspaces", "folders"));

    private static string Files(string thread, string path = "") => $"/api/threads/{thread}/files/{path}".TrimEnd('/');

    private async Task<string> CreateAsync(GatewayProcess gateway)
    {
        using var made = await gateway.Http.PostAsJsonAsync("/api/threads", new { profile = "coder" }, Token);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        return (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
    }

    private async Task<HttpStatusCode> PutAsync(GatewayProcess gateway, string thread, string path, string content)
    {
        using var answer = await gateway.Http.PutAsync(Files(thread, path), new ByteArrayContent(Encoding.UTF8.GetBytes(content)), Token);
        return answer.StatusCode;
    }
}
