using System.Text;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Protocols;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire.Tests;

/// <summary>The real CLI on other clouds' endpoints, which are played: nothing here was tried against the real ones.</summary>
public sealed class CloudTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(UpstreamKind.Bedrock, "", "/model/us.anthropic.claude-x-v1:0/invoke-with-response-stream")]
    [InlineData(UpstreamKind.Vertex, "/v1/projects/p/locations/l", "/v1/projects/p/locations/l/publishers/anthropic/models/us.anthropic.claude-x-v1:0:streamRawPredict")]
    [InlineData(UpstreamKind.Foundry, "/anthropic", "/anthropic/v1/messages")]
    public async Task A_turn_of_the_cli_is_served_by_another_cloud_in_that_clouds_own_form(UpstreamKind kind, string path, string route)
    {
        await using var cloud = await FakeCloud.StartAsync(framed: kind == UpstreamKind.Bedrock);
        await using var host = await WireHost.StartAsync((options, _) =>
        {
            var upstream = new UpstreamOptions { Kind = kind, BaseUrl = cloud.Address + path, ApiKey = WireHost.Key };
            upstream.Models.Add("claude-sonnet-*=us.anthropic.claude-x-v1:0");
            options.Upstreams.Add(upstream);
        });
        using var process = host.Relay.Open();
        await using var cli = await WireHost.StartCliAsync(process, CliProcess.Chat, Token);
        var listener = new Listener();

        using (process.BeginTurn(new WireTurn { Observer = listener, Parameters = new() { TopP = 0.5 } }))
        {
            Assert.Equal("from the cloud", CliProcess.ResultOf(await cli.TurnAsync("hello", Token)));
        }

        var (asked, headers, body) = Assert.Single(cloud.Requests);
        Assert.Equal(route, Uri.UnescapeDataString(asked));
        Assert.Equal(0.5, body.GetProperty("top_p").GetDouble());
        Assert.False(body.TryGetProperty("output_config", out _));
        Assert.All(body.GetProperty("messages").EnumerateArray(), message => Assert.NotEqual("system", message.GetProperty("role").GetString()));
        Assert.Contains("# Environment", body.GetProperty("messages")[0].GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("mid-conversation", headers["anthropic-beta"].ToString(), StringComparison.Ordinal);
        Assert.Equal((11, 4, "claude-there"), (listener.Ends.Single().Report.Usage.InputTokens, listener.Ends.Single().Report.Usage.OutputTokens, listener.Ends.Single().Report.Model));
        switch (kind)
        {
            case UpstreamKind.Bedrock:
                Assert.Equal("bedrock-2023-05-31", body.GetProperty("anthropic_version").GetString());
                Assert.Equal(["interleaved-thinking-2025-05-14"], body.GetProperty("anthropic_beta").EnumerateArray().Select(beta => beta.GetString()));
                Assert.False(body.TryGetProperty("model", out _) || body.TryGetProperty("stream", out _));
                Assert.Equal("Bearer " + WireHost.Key, headers.Authorization);
                break;
            case UpstreamKind.Vertex:
                Assert.Equal("vertex-2023-10-16", body.GetProperty("anthropic_version").GetString());
                Assert.False(body.TryGetProperty("model", out _));
                Assert.Equal("Bearer " + WireHost.Key, headers.Authorization);
                break;
            default:
                Assert.Equal("us.anthropic.claude-x-v1:0", body.GetProperty("model").GetString());
                Assert.Equal(WireHost.Key, headers["x-api-key"]);
                break;
        }
    }

    [Fact]
    public void A_signature_is_the_one_of_amazons_own_example()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://example.amazonaws.com/");

        SignatureV4.Sign(
            request, [], new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", null), "us-east-1", "service", new DateTimeOffset(2015, 8, 30, 12, 36, 0, TimeSpan.Zero));

        Assert.EndsWith("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", request.Headers.NonValidated["authorization"].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("throttlingException", "overloaded_error")]
    [InlineData("modelStreamErrorException", "api_error")]
    public async Task An_exception_in_amazons_stream_becomes_an_error_event(string exception, string type)
    {
        var bytes = FakeCloud.Frame("""{"type":"ping"}""").Concat(FakeCloud.Exception(exception, "too \\\"much")).ToArray();
        using var reader = new StreamReader(new BedrockEventStream(new MemoryStream(bytes)));

        var text = await reader.ReadToEndAsync(Token);

        Assert.Equal($$$"""
            event: ping
            data: {"type":"ping"}

            event: error
            data: {"type":"error","error":{"type":"{{{type}}}","message":"too \"much"}}


            """.ReplaceLineEndings("\n"), text);
    }

    [Fact]
    public async Task A_frame_that_was_tampered_with_or_broke_off_is_a_fault()
    {
        var frame = FakeCloud.Frame("""{"type":"ping"}""");
        frame[^6] ^= 1;

        await Assert.ThrowsAnyAsync<Exception>(() => new StreamReader(new BedrockEventStream(new MemoryStream(frame))).ReadToEndAsync(Token));
        await Assert.ThrowsAnyAsync<IOException>(() => new StreamReader(new BedrockEventStream(new MemoryStream(frame[..20]))).ReadToEndAsync(Token));
        await Assert.ThrowsAnyAsync<IOException>(() => new StreamReader(new BedrockEventStream(new MemoryStream(Encoding.ASCII.GetBytes("<html>no</html>")))).ReadToEndAsync(Token));
    }

    [Fact]
    public void A_region_that_nobody_names_is_told()
    {
        var options = new WireOptions();
        options.Upstreams.Add(new UpstreamOptions { Kind = UpstreamKind.Vertex, BaseUrl = "https://us-east5-aiplatform.googleapis.com" });
        options.Upstreams.Add(new UpstreamOptions { Kind = UpstreamKind.Bedrock });

        var fault = Assert.Throws<ArgumentException>(() => new Relay(options, new RelaySetup()));

        Assert.Contains("names no project and location", fault.Message, StringComparison.Ordinal);
        Assert.Contains("'Bedrock' needs a BaseUrl", fault.Message, StringComparison.Ordinal);
    }
}
