using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Files in messages of threads: sent, kept, told again, taken away; and what no message may bring.</summary>
public sealed class AttachmentTests : EndToEndTest
{
    private static readonly byte[] s_png = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
    private static readonly byte[] s_pdf = Encoding.ASCII.GetBytes("%PDF-1.7\nnothing");

    [Fact]
    public async Task Files_are_sent_kept_listed_given_back_and_told_to_a_fresh_process()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator);
        var thread = await gateway.CreateThreadAsync(Token);

        using var sent = await TurnAsync(gateway, thread, "What is this?", File("image/png", "a \"b\"/ü.png", s_png), File("application/pdf", "rules.pdf", s_pdf), File("text/csv", null, "a,b"u8.ToArray()));
        await EndAsync(sent);
        var question = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items")[0];
        var attached = question.GetProperty("attachments").EnumerateArray().ToArray();

        Assert.Equal(["image/png", "application/pdf", "text/plain"], attached.Select(file => file.GetProperty("mediaType").GetString()));
        Assert.Equal((s_png.Length, "a \"b\"/ü.png"), (attached[0].GetProperty("size").GetInt32(), attached[0].GetProperty("name").GetString()));
        using var picture = await gateway.Http.GetAsync($"/api/threads/{thread}/attachments/{attached[0].GetProperty("id").GetString()}", Token);
        Assert.Equal(s_png, await picture.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal(("image/png", "attachment", "nosniff"), (
            picture.Content.Headers.ContentType!.MediaType, picture.Content.Headers.ContentDisposition!.DispositionType, picture.Headers.GetValues("X-Content-Type-Options").Single()));

        // The next turn, on a process that has never seen them.
        using var changed = await gateway.Http.PatchAsJsonAsync($"/api/threads/{thread}", new { systemPrompt = "Be brief." }, Token);
        await EndAsync(await TurnAsync(gateway, thread, "And now?"));
        var said = simulator.MessageRequests[^1].Messages[0].Content;
        Assert.Equal(["image", "document", "document", "text"], said.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal(Convert.ToBase64String(s_png), said[0].GetProperty("source").GetProperty("data").GetString());

        await gateway.Http.DeleteAsync($"/api/threads/{thread}", Token);
        using var gone = await gateway.Http.GetAsync($"/api/threads/{thread}/attachments/{attached[0].GetProperty("id").GetString()}", Token);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task A_file_alone_is_a_message_and_counts_in_the_context()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Limits:SoftTokens=1000", "--Pilotlight:Limits:HardTokens=2000");
        var thread = await gateway.CreateThreadAsync(Token);

        using var one = await TurnAsync(gateway, thread, null, File("image/png", null, s_png));
        await EndAsync(one);
        using var two = await TurnAsync(gateway, thread, null, File("image/png", null, s_png), File("image/png", null, s_png));

        Assert.Equal(HttpStatusCode.OK, one.StatusCode);
        Assert.Equal((HttpStatusCode.BadRequest, "urn:pilotlight:problem:context-too-long"), (two.StatusCode, (await two.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("type").GetString()));
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_with_the_next_step_before_a_process_is_taken()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var gateway = await StartAsync(simulator, "--Pilotlight:Limits:AttachmentBytes=1000", "--Pilotlight:Limits:AttachmentsBytes=1500", "--Pilotlight:Limits:Attachments=3");
        var thread = await gateway.CreateThreadAsync(Token);
        var text = Encoding.ASCII.GetBytes(new string('a', 900));
        foreach (var (files, status, told) in new (JsonNode?[], HttpStatusCode, string)[]
        {
            ([File("application/pdf", "lies.pdf", s_png)], HttpStatusCode.BadRequest, "labelled 'application/pdf', and its bytes are image/png"),
            ([File("image/png", "lies.png", s_pdf)], HttpStatusCode.BadRequest, "its bytes are application/pdf"),
            ([File("application/pdf", "lies.pdf", "no pdf"u8.ToArray())], HttpStatusCode.BadRequest, "its bytes are text/plain"),
            ([File("text/plain", null, [0, 1, 2])], HttpStatusCode.BadRequest, "its bytes are none of"),
            ([File("image/svg+xml", null, "<svg onload='x'/>"u8.ToArray())], HttpStatusCode.BadRequest, "labelled 'image/svg+xml'"),
            ([File("image/png", new string('n', 10_240), s_png)], HttpStatusCode.BadRequest, "10240 characters"),
            ([File(new string('t', 10_240), null, s_png)], HttpStatusCode.BadRequest, "of 10240 characters"),
            ([File("image/png", null, [])], HttpStatusCode.BadRequest, "is empty"),
            ([new JsonObject { ["mediaType"] = "image/png", ["data"] = "no base64!" }], HttpStatusCode.BadRequest, "not base64"),
            ([null], HttpStatusCode.BadRequest, "is null"),
            ([File("text/plain", null, new byte[1001])], HttpStatusCode.RequestEntityTooLarge, "at most 1,000"),
            ([File("text/plain", null, text), File("text/plain", null, text)], HttpStatusCode.RequestEntityTooLarge, "may bring 1,500"),
            ([.. Enumerable.Range(0, 4).Select(_ => File("image/png", null, s_png))], HttpStatusCode.BadRequest, "at most 3"),
        })
        {
            using var refused = await TurnAsync(gateway, thread, "look", files);
            var problem = await refused.Content.ReadAsStringAsync(Token);
            Assert.True(refused.StatusCode == status && JsonElement.Parse(problem).GetProperty("detail").GetString()!.Contains(told, StringComparison.Ordinal), $"{told}: {refused.StatusCode} {problem}");
        }

        Assert.Empty(simulator.MessageRequests);
        Assert.Empty((await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items").EnumerateArray());
    }

    private static JsonObject File(string type, string? name, byte[] data) => new() { ["mediaType"] = type, ["name"] = name, ["data"] = Convert.ToBase64String(data) };

    private async Task EndAsync(HttpResponseMessage turn) => Assert.Contains("turn.completed", await turn.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

    private Task<HttpResponseMessage> TurnAsync(GatewayProcess gateway, string thread, string? text, params JsonNode?[] files) => gateway.Http.PostAsJsonAsync(
        $"/api/threads/{thread}/turns", new JsonObject { ["text"] = text, ["attachments"] = files.Length == 0 ? null : new JsonArray(files) }, Token);

    private Task<GatewayProcess> StartAsync(SimulatorServer simulator, params string[] arguments) => GatewayProcess.StartAsync(
        Data, Token, new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-none", ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') }, arguments);
}
