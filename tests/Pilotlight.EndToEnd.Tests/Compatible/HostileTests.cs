using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>Bodies that are meant to do harm: each is served or refused as its sender's fault, and the gateway's memory stays bounded.</summary>
public sealed class HostileTests : EndToEndTest
{
    private const int Mebibyte = 1024 * 1024;
    private const long MostMemory = 1536L * Mebibyte;

    public static TheoryData<string, string, int> Small => new()
    {
        { "10,000 nested lists", "{\"model\":\"sonnet\",\"max_tokens\":9,\"messages\":" + new string('[', 10_000) + new string(']', 10_000) + "}", 400 },
        { "10,000 nested objects in arguments", Call("{\"role\":\"assistant\",\"content\":\"x\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\""
            + string.Concat(Enumerable.Repeat("{\\\"a\\\":", 10_000)) + "\"}}]},{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":\"x\"}"), 400 },
        { "a name of 10 KB", $$"""{"model":"sonnet","max_tokens":9,"{{new string('n', 10_240)}}":1,"messages":[{"role":"user","content":"hi"}]}""", 200 },
        { "a model of 10 KB", $$"""{"model":"{{new string('m', 10_240)}}","max_tokens":9,"messages":[]}""", 400 },
        { "a header in a name", """{"model":"sonnet","max_tokens":9,"x\r\nset-cookie: a=b":1,"messages":[{"role":"user","content":"hi"}]}""", 200 },
        { "surrogates and NUL in every place", """{"model":"sonnet","max_tokens":9,"\ud83d":"\u0000","messages":[{"role":"user","name":"\ud83d","content":[{"type":"text","text":"\u0000\ud83d hi"}]}]}""", 200 },
        { "the same name 10,000 times", "{\"model\":\"sonnet\",\"max_tokens\":9," + string.Concat(Enumerable.Repeat("\"a\":1,", 10_000)) + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}", 200 },
        { "numbers without end", $$"""{"model":"sonnet","max_tokens":{{new string('9', 100_000)}},"temperature":1e-999999,"messages":[{"role":"user","content":"hi"}]}""", 400 },
        { "text in place of everything", """{"model":"x","max_tokens":"x","messages":"x","tools":"x","tool_choice":"x","system":1}""", 400 },
    };

    [Theory]
    [MemberData(nameof(Small))]
    public async Task It_is_served_or_refused_as_its_senders_fault(string what, string body, int status)
    {
        var gateway = await SharedGateway.Instance;
        foreach (var path in (string[])["/v1/chat/completions", "/v1/messages"])
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");

            using var response = await gateway.Http.PostAsync(path, content, Token);

            Assert.True(status == (int)response.StatusCode, $"{what}: {response.StatusCode} {await response.Content.ReadAsStringAsync(Token)}");
            Assert.DoesNotContain(response.Headers, header => header.Key.Equals("set-cookie", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("[],")]
    [InlineData("{\"a\":0},")]
    [InlineData("\"\\ud83d\",")]
    public async Task Bodies_of_32_MiB_side_by_side_are_refused_in_bounded_memory(string piece)
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Pool:MinIdle=0");
        var body = Encoding.UTF8.GetBytes("{\"model\":\"sonnet\",\"max_tokens\":9,\"messages\":[" + string.Concat(Enumerable.Repeat(piece, (31 * Mebibyte) / piece.Length)) + "0]}");

        var statuses = await Task.WhenAll(Enumerable.Range(0, 6).Select(async at =>
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await gateway.Http.PostAsync(at % 2 == 0 ? "/v1/chat/completions" : "/v1/messages", content, Token);
            return response.StatusCode;
        }));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.BadRequest, status));
        var peak = (await File.ReadAllLinesAsync($"/proc/{gateway.Id}/status", Token)).Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Assert.InRange(long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024, 0, MostMemory);
    }

    private static string Call(string messages) =>
        $$"""{"model":"sonnet","max_tokens":9,"messages":[{"role":"user","content":"hi"},{{messages}}]}""";
}
