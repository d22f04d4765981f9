using System.Net;
using Microsoft.AspNetCore.Http;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Gateway.Tests.Access;

/// <summary>Who counts as this machine while there are no keys.</summary>
public sealed class ThisMachineTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData(null)]
    public void A_program_of_this_machine_does(string? address) => Assert.True(ThisMachine.Sent(Request(address)));

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("::2")]
    [InlineData("::ffff:10.0.0.1")]
    public void Another_machine_does_not(string address) => Assert.Contains("another machine", ThisMachine.WhyNot(Request(address)), StringComparison.Ordinal);

    [Theory]
    [InlineData("Forwarded")]
    [InlineData("X-Forwarded-For")]
    [InlineData("x-forwarded-host")]
    [InlineData("X-FORWARDED-PROTO")]
    [InlineData("X-Forwarded-Anything-New")]
    [InlineData("X-Original-For")]
    [InlineData("X-Real-IP")]
    [InlineData("Via")]
    [InlineData("CF-Connecting-IP")]
    [InlineData("CF-Ray")]
    [InlineData("True-Client-IP")]
    [InlineData("X-Client-IP")]
    [InlineData("X-Cluster-Client-IP")]
    [InlineData("X-Envoy-External-Address")]
    [InlineData("Fastly-Client-IP")]
    [InlineData("Fly-Client-IP")]
    [InlineData("X-Azure-ClientIP")]
    [InlineData("X-Amzn-Trace-Id")]
    [InlineData("Tailscale-User-Login")]
    [InlineData("CDN-Loop")]
    public void What_a_proxy_writes_counts_by_being_there_whatever_it_says(string header)
    {
        foreach (var value in (string[])["127.0.0.1", "::1", "", "localhost"])
        {
            var http = Request("127.0.0.1");
            http.Request.Headers[header] = value;

            Assert.Contains("proxy", ThisMachine.WhyNot(http), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_proxy_that_writes_nothing_is_told_by_its_old_protocol()
    {
        var http = Request("127.0.0.1");
        http.Request.Protocol = "HTTP/1.0";

        Assert.Contains("HTTP/1.0", ThisMachine.WhyNot(http), StringComparison.Ordinal);
    }

    [Fact]
    public void What_every_client_writes_says_nothing()
    {
        var http = Request("127.0.0.1");
        foreach (var header in (string[])["Host", "Accept", "Origin", "Referer", "User-Agent", "x-api-key", "X-Stainless-Lang", "traceparent", "X-Request-Id", "Connection", "X-App"])
        {
            http.Request.Headers[header] = "1";
        }

        Assert.True(ThisMachine.Sent(http));
    }

    private static DefaultHttpContext Request(string? address)
    {
        var http = new DefaultHttpContext();
        http.Request.Protocol = "HTTP/1.1";
        http.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        return http;
    }
}
