using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>What is meant to do harm at the doors of threads (turns with files, forks, search, export): each is served or refused as its sender's fault.</summary>
public sealed class HostileThreadTests : EndToEndTest
{
    private const int Mebibyte = 1024 * 1024;
    private const long MostMemory = 1536L * Mebibyte;
    private static readonly string s_png = Convert.ToBase64String([0x89, (byte)'P', (byte)'N', (byte)'G', 1, 2, 3]);

    public static TheoryData<string, string, string, int> Small => new()
    {
        { "10,000 nested lists for files", "turns", "{\"text\":\"hi\",\"attachments\":" + new string('[', 10_000) + new string(']', 10_000) + "}", 400 },
        { "files that are no list", "turns", """{"text":"hi","attachments":{"a":1}}""", 400 },
        { "a file that is a number", "turns", """{"text":"hi","attachments":[1]}""", 400 },
        { "data that is a list", "turns", """{"text":"hi","attachments":[{"mediaType":"image/png","data":[1,2]}]}""", 400 },
        { "data that is no base64", "turns", """{"text":"hi","attachments":[{"mediaType":"image/png","data":"\ud83d\u0000"}]}""", 400 },
        { "a name of 10 KB", "turns", $$"""{"text":"hi","attachments":[{"mediaType":"image/png","name":"{{new string('n', 10_240)}}","data":"{{s_png}}"}]}""", 400 },
        { "a type with a header in it", "turns", $$"""{"text":"hi","attachments":[{"mediaType":"image/png\r\nset-cookie: a=b","data":"{{s_png}}"}]}""", 400 },
        { "surrogates, NUL and a way out in a name", "turns", $$"""{"text":"\ud83d hi \u0000","attachments":[{"mediaType":"image/png; a=b","name":"../\ud83d\u0000\r\nset-cookie: a=b","data":"{{s_png}}"}]}""", 200 },
        { "10,000 files", "turns", "{\"text\":\"hi\",\"attachments\":[" + string.Join(',', Enumerable.Repeat($$"""{"mediaType":"image/png","data":"{{s_png}}"}""", 10_000)) + "]}", 400 },
        { "nothing at all", "turns", "{}", 400 },
        { "null", "turns", "null", 400 },
        { "a message of 10 KB", "fork", $$"""{"messageId":"{{new string('m', 10_240)}}"}""", 404 },
        { "a message of surrogates and NUL", "fork", """{"messageId":"\ud83d\u0000'; DROP TABLE threads --"}""", 404 },
        { "no message", "fork", "{}", 400 },
        { "a message that is a list", "fork", """{"messageId":[]}""", 400 },
    };

    [Theory]
    [MemberData(nameof(Small))]
    public async Task It_is_served_or_refused_as_its_senders_fault(string what, string door, string body, int status)
    {
        var gateway = await SharedGateway.Instance;
        var thread = await gateway.CreateThreadAsync(Token);
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await gateway.Http.PostAsync($"/api/threads/{thread}/{door}", content, Token);
        var said = await response.Content.ReadAsStringAsync(Token);

        Assert.True(status == (int)response.StatusCode, $"{what}: {response.StatusCode} {said}");
        Assert.DoesNotContain("System.", said, StringComparison.Ordinal);
        Assert.DoesNotContain(response.Headers, header => header.Key.Equals("set-cookie", StringComparison.OrdinalIgnoreCase));
        if (status == 200)
        {
            var attached = (await gateway.GetAsync($"/api/threads/{thread}/messages", Token)).GetProperty("items")[0].GetProperty("attachments")[0];
            using var file = await gateway.Http.GetAsync($"/api/threads/{thread}/attachments/{attached.GetProperty("id").GetString()}", Token);
            Assert.Equal(HttpStatusCode.OK, file.StatusCode);
            Assert.DoesNotContain(file.Headers, header => header.Key.Equals("set-cookie", StringComparison.OrdinalIgnoreCase));
        }
    }

    [Theory]
    [InlineData("/api/threads?search=%00%ED%A0%BD", 200)]
    [InlineData("/api/threads?search=%22%20OR%20*%20NEAR(", 200)]
    [InlineData("/api/threads?search=%25%25_%5C", 200)]
    [InlineData("/api/threads?search=LONG", 400)]
    [InlineData("/api/threads/THREAD/export?format=LONG", 400)]
    [InlineData("/api/threads/THREAD/export?format=%00", 400)]
    [InlineData("/api/threads/THREAD/attachments/LONG", 404)]
    [InlineData("/api/threads/THREAD/attachments/..%2F..%2Fetc%2Fpasswd", 404)]
    [InlineData("/api/threads/THREAD/attachments/%00%ED%A0%BD", 400)]
    public async Task A_path_or_a_search_that_is_meant_to_do_harm_finds_nothing(string path, int status)
    {
        var gateway = await SharedGateway.Instance;
        path = path.Replace("THREAD", await gateway.CreateThreadAsync(Token), StringComparison.Ordinal).Replace("LONG", new string('x', 4000), StringComparison.Ordinal);

        using var response = await gateway.Http.GetAsync(path, Token);

        Assert.True(status == (int)response.StatusCode, $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync(Token)}");
    }

    [Fact]
    public async Task Files_of_32_MiB_and_bodies_that_unpack_to_more_are_refused_in_bounded_memory()
    {
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate", "--Pilotlight:Pool:MinIdle=0");
        var thread = await gateway.CreateThreadAsync(Token);
        var whole = Encoding.ASCII.GetBytes("{\"text\":\"hi\",\"attachments\":[{\"mediaType\":\"text/plain\",\"data\":\"" + new string('A', (30 * Mebibyte) & ~3) + "\"}]}");
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var written = 0; written < 512; written++)
            {
                await gzip.WriteAsync(new byte[Mebibyte], Token);
            }
        }

        var statuses = await Task.WhenAll(Enumerable.Range(0, 6).Select(async at =>
        {
            // Who says how much is to come is told before it does.
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/threads/{thread}/turns") { Headers = { ExpectContinue = true } };
            using var content = new ByteArrayContent(at % 2 == 0 ? whole : packed.ToArray());
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (at % 2 != 0)
            {
                content.Headers.ContentEncoding.Add("gzip");
            }

            request.Content = content;
            using var response = await gateway.Http.SendAsync(request, Token);
            return response.StatusCode;
        }));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status));
        var peak = (await File.ReadAllLinesAsync($"/proc/{gateway.Id}/status", Token)).Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        var bytes = long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        TestContext.Current.SendDiagnosticMessage($"peak {bytes / Mebibyte} MiB");
        Assert.InRange(bytes, 0, MostMemory);
    }
}
