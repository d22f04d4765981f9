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
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
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
    public async Task A_file_that_was_sent_once_is_named_again_in_its_thread_in_another_and_in_a_fork()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var first = await gateway.CreateThreadAsync(Token);
        await EndAsync(await TurnAsync(gateway, first, "What is this?", File("application/pdf", "rules.pdf", s_pdf), File("image/png", "flag.png", s_png)));
        var ids = (await AttachedAsync(gateway, first, 0)).Select(file => file.GetProperty("id").GetString()!).ToArray();

        await EndAsync(await TurnAsync(gateway, first, "And again?", Again(ids[1])));
        Assert.Equal("image/png", simulator.MessageRequests[^1].Messages[^1].Content[0].GetProperty("source").GetProperty("media_type").GetString());
        var other = await gateway.CreateThreadAsync(Token);
        await EndAsync(await TurnAsync(gateway, other, "Both?", Again(ids[1]), Again(ids[0])));
        var said = simulator.MessageRequests[^1].Messages[^1].Content;
        Assert.Equal(["image", "document", "text"], said.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal(Convert.ToBase64String(s_png), said[0].GetProperty("source").GetProperty("data").GetString());
        Assert.Equal("rules.pdf", said[1].GetProperty("title").GetString());

        // It is the other message's own now, by a name of its own; and a fork knows it by the name that it had.
        var copies = await AttachedAsync(gateway, other, 0);
        Assert.Equal(["flag.png", "rules.pdf"], copies.Select(file => file.GetProperty("name").GetString()));
        var answer = (await gateway.GetAsync($"/api/threads/{first}/messages", Token)).GetProperty("items")[1].GetProperty("id").GetString();
        using var forked = await gateway.Http.PostAsJsonAsync($"/api/threads/{first}/fork", new { messageId = answer }, Token);
        var fork = (await forked.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
        await gateway.Http.DeleteAsync($"/api/threads/{first}", Token);
        await EndAsync(await TurnAsync(gateway, fork, "Still?", Again(ids[0])));
        await EndAsync(await TurnAsync(gateway, fork, "And the copy?", Again(copies[0].GetProperty("id").GetString()!)));
        using var gone = await TurnAsync(gateway, other, "Gone?", Again(ids[0]));
        Assert.Equal((HttpStatusCode.NotFound, "urn:pilotlight:problem:attachment-not-found"), (gone.StatusCode, (await gone.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Nobody_names_anothers_file()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        var (ada, eve) = (await CreateKeyAsync("Ada"), await CreateKeyAsync("Eve"));
        await using var gateway = await StartAsync(simulator);
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", ada);
        var thread = await gateway.CreateThreadAsync(Token);
        await EndAsync(await TurnAsync(gateway, thread, "Mine.", File("image/png", null, s_png)));
        var file = (await AttachedAsync(gateway, thread, 0))[0].GetProperty("id").GetString()!;

        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", eve);
        using var named = await TurnAsync(gateway, await gateway.CreateThreadAsync(Token), "Whose?", Again(file));
        using var inThread = await TurnAsync(gateway, thread, "Whose?", Again(file));

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (named.StatusCode, inThread.StatusCode));
        Assert.Contains("attachment-not-found", await named.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Contains("thread-not-found", await inThread.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_idempotency_key_is_for_the_whole_request()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        var thread = await gateway.CreateThreadAsync(Token);
        gateway.Http.DefaultRequestHeaders.Add("Idempotency-Key", "k1");

        await EndAsync(await TurnAsync(gateway, thread, "look", File("image/png", "flag.png", s_png)));
        using var again = await TurnAsync(gateway, thread, "look", File("image/png", "flag.png", s_png));
        using var bare = await TurnAsync(gateway, thread, "look");
        using var other = await TurnAsync(gateway, thread, "look", File("application/pdf", "flag.png", s_pdf));

        Assert.Equal((HttpStatusCode.OK, "true"), (again.StatusCode, again.Headers.GetValues("x-pilotlight-replayed").Single()));
        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (bare.StatusCode, other.StatusCode));
        Assert.Contains("idempotency-key-reused", await other.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Single(simulator.MessageRequests);
    }

    [Fact]
    public async Task A_file_alone_is_a_message_and_counts_in_the_context()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Limits:SoftTokens=1000", "--Pilotlight:Limits:HardTokens=2000");
        var (gateway, simulator) = reused;
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
        await using var reused = await ReusedGateway.TakeAsync(Token, "--Pilotlight:Limits:AttachmentBytes=1000", "--Pilotlight:Limits:AttachmentsBytes=1500", "--Pilotlight:Limits:Attachments=3");
        var (gateway, simulator) = reused;
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
            ([Again("att_" + new string('0', 36))], HttpStatusCode.NotFound, "which no message of your threads brings"),
            ([Again(new string('x', 10_240))], HttpStatusCode.NotFound, "xxx…"),
            ([new JsonObject { ["fileId"] = "att_1", ["data"] = Convert.ToBase64String(s_png) }], HttpStatusCode.BadRequest, "Send fileId alone"),
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

    private static JsonObject Again(string fileId) => new() { ["fileId"] = fileId };

    private async Task<JsonElement[]> AttachedAsync(GatewayProcess gateway, string thread, int message) =>
        [.. (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items")[message].GetProperty("attachments").EnumerateArray()];

    private async Task<string> CreateKeyAsync(string name)
    {
        var (exitCode, output, error) = await GatewayProcess.RunAsync(["keys", "create", name, "--data", Data], Token);
        Assert.True(exitCode == 0, error);
        return output.Trim();
    }

    private static JsonObject File(string type, string? name, byte[] data) => new() { ["mediaType"] = type, ["name"] = name, ["data"] = Convert.ToBase64String(data) };

    private async Task EndAsync(HttpResponseMessage turn) => Assert.Contains("turn.completed", await turn.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);

    private Task<HttpResponseMessage> TurnAsync(GatewayProcess gateway, string thread, string? text, params JsonNode?[] files) => gateway.Http.PostAsJsonAsync(
        $"/api/threads/{thread}/turns", new JsonObject { ["text"] = text, ["attachments"] = files.Length == 0 ? null : new JsonArray(files) }, Token);
}
