using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>What people's programs really send, on its whole way: through the gateway and the CLI to the API.</summary>
public sealed class ClientShapeTests : EndToEndTest
{
    private const string OpenAi = "/v1/chat/completions";
    private const string Messages = "/v1/messages";
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private static readonly string s_pdf = Convert.ToBase64String("%PDF-1.7\nnothing"u8);

    [Fact]
    public async Task Pictures_and_files_reach_the_model_as_what_they_are()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;

        await SendAsync(gateway, Messages, $$$"""
            {"model":"sonnet","max_tokens":64,"messages":[{"role":"user","content":[
            {"type":"image","source":{"type":"base64","media_type":"image/jpg","data":"{{{Png}}}"}},
            {"type":"image","source":{"type":"url","url":"https://pictures.example/a.png"}},
            {"type":"document","title":"Rules","source":{"type":"base64","media_type":"application/pdf; x=y","data":"{{{s_pdf}}}"}},
            {"type":"document","source":{"type":"text","media_type":"text/plain","data":"hej å"}},
            {"type":"text","text":"What is all this?"}]}]}
            """);

        var sent = simulator.MessageRequests[^1].Messages[^1].Content.EnumerateArray().ToArray();
        Assert.Equal(["image", "image", "document", "document", "text"], sent.Select(block => block.GetProperty("type").GetString()));
        Assert.Equal(["base64", "url", "base64", "text"], sent[..4].Select(block => block.GetProperty("source").GetProperty("type").GetString()));
        Assert.Equal("image/png", sent[0].GetProperty("source").GetProperty("media_type").GetString());
        Assert.Equal("https://pictures.example/a.png", sent[1].GetProperty("source").GetProperty("url").GetString());
        Assert.Equal("Rules", sent[2].GetProperty("title").GetString());
        Assert.Equal("hej å", sent[3].GetProperty("source").GetProperty("data").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_picture_in_a_result_reaches_the_model_from_a_hot_process_and_from_another(bool hot)
    {
        await using var reused = await ReusedGateway.TakeAsync(Token, hot ? [] : ["--Pilotlight:Sessions:MaxHot=0"]);
        var (gateway, simulator) = reused;
        simulator.Enqueue(Scenario.ToolUse("mcp__functions__look", "{}", "I look."), Scenario.Answer("A dot."));
        const string Tools = """[{"name":"look","input_schema":{}}]""";
        var asked = await SendAsync(gateway, Messages, $$"""{"model":"sonnet","max_tokens":64,"tools":{{Tools}},"messages":[{"role":"user","content":"Look."}]}""");

        var answered = await SendAsync(gateway, Messages, $$$"""
            {"model":"sonnet","max_tokens":64,"tools":{{{Tools}}},"messages":[{"role":"user","content":"Look."},{"role":"assistant","content":{{{asked.GetProperty("content")}}}},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"{{{asked.GetProperty("content")[1].GetProperty("id").GetString()}}}",
             "content":[{"type":"text","text":"See."},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{Png}}}"}}]}]}]}
            """);

        Assert.Equal("A dot.", answered.GetProperty("content")[0].GetProperty("text").GetString());
        var result = simulator.MessageRequests[^1].Messages[^1].Content[0];
        Assert.Equal(["text", "image"], result.GetProperty("content").EnumerateArray().Select(block => block.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_tool_of_a_long_name_is_called_by_it()
    {
        var name = new string('n', 128);
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;
        await SendAsync(gateway, Messages, Ask());
        var onWire = simulator.MessageRequests[^1].Body.GetProperty("tools")[0].GetProperty("name").GetString()!;
        simulator.Enqueue(Scenario.ToolUse(onWire, "{}", "I call."));

        var asked = await SendAsync(gateway, Messages, Ask());

        Assert.True(onWire.Length <= 128, onWire);
        Assert.Equal(name, asked.GetProperty("content")[1].GetProperty("name").GetString());

        string Ask() => $$$"""{"model":"sonnet","max_tokens":64,"tools":[{"name":"{{{name}}}","input_schema":{}}],"messages":[{"role":"user","content":"Call. {{{Guid.NewGuid()}}}"}]}""";
    }

    [Fact]
    public async Task A_history_as_a_client_keeps_it_is_told_as_it_was()
    {
        await using var reused = await ReusedGateway.TakeAsync(Token);
        var (gateway, simulator) = reused;

        await SendAsync(gateway, OpenAi, """
            {"model":"sonnet","tools":[{"type":"function","function":{"name":"f","parameters":{}}}],"messages":[{"role":"user","content":"cut \ud83d","name":"ada"},
            {"role":"assistant","content":"I look.","reasoning_content":"why"},
            {"role":"assistant","content":null,"tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\ud83d\"}"}}]},
            {"role":"user","content":"quickly"},{"role":"tool","tool_call_id":"toolu_1","name":"f","content":"done"},
            {"role":"assistant","content":"Done."},{"role":"developer","content":"Be brief."},{"role":"user","content":[{"type":"text","text":" "},{"type":"text","text":"And now?"}]}]}
            """);

        var sent = simulator.MessageRequests[^1].Messages.Where(message => message.Role != "system").ToArray();
        Assert.Equal(["user", "assistant", "user", "assistant", "user"], sent.Select(message => message.Role));
        Assert.Contains("cut \uFFFD", sent[0].Content.ToString(), StringComparison.Ordinal);
        Assert.Equal("\uFFFD", sent[1].Content[1].GetProperty("input").GetProperty("a").GetString());
        Assert.Equal(["tool_result", "text"], sent[2].Content.EnumerateArray().Select(block => block.GetProperty("type").GetString()));
        Assert.Equal(
            ["<system-note>\nBe brief.\n</system-note>", "And now?"], sent[4].Content.EnumerateArray().Select(block => block.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData("/api/threads", """{"title":"half \ud83d"}""")]
    [InlineData(OpenAi, """{"model":"sonnet","messages":[{"role":"user","content":"nul \u0000 and half \ud83d"}]}""")]
    [InlineData(Messages, """{"model":"sonnet","max_tokens":64,"system":"\ude00","messages":[{"role":"user","content":"nul \u0000 and half \ud83d"}]}""")]
    public async Task Half_of_a_character_is_served_on_every_route(string path, string body)
    {
        var gateway = await SharedGateway.Instance;

        await SendAsync(gateway, path, body);
    }

    [Theory]
    [InlineData("/api/threads")]
    [InlineData(OpenAi)]
    [InlineData(Messages)]
    public async Task Bytes_that_are_no_utf8_are_told_as_that_on_every_route(string path)
    {
        var gateway = await SharedGateway.Instance;
        using var content = new ByteArrayContent([.. "{\"title\":\""u8, 0xED, 0xA0, 0xBD, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");

        using var response = await gateway.Http.PostAsync(path, content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("not UTF-8", await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private async Task<JsonElement> SendAsync(GatewayProcess gateway, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.PostAsync(path, content, Token);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return answer;
    }
}
