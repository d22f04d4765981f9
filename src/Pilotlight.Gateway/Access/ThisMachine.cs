using System.Net;
using Microsoft.AspNetCore.Http;

namespace Pilotlight.Gateway.Access;

/// <summary>Tells what a program of this machine sends from what a proxy on it passes on for others.</summary>
/// <remarks>
/// Without keys only this machine is served, and a proxy's requests come from it as well. What proxies write into a request counts by
/// being there: its value is whatever its sender likes. A proxy that writes nothing cannot be told, and needs keys behind it.
/// </remarks>
public static class ThisMachine
{
    private static readonly string[] s_families = ["X-Forwarded", "X-Original-", "CF-", "X-Envoy-", "X-Azure-", "X-Amzn-", "X-Appengine-", "Fastly-", "Fly-", "Tailscale-", "Ngrok-"];

    private static readonly HashSet<string> s_headers = new(StringComparer.OrdinalIgnoreCase)
    {
        "Forwarded", "Forwarded-For", "Forwarded-Proto", "Via", "X-Via", "X-Real-IP", "X-Real-Port", "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "True-Client-IP",
        "X-True-Client-IP", "X-Remote-IP", "X-Remote-Addr", "X-ProxyUser-Ip", "Proxy-Client-IP", "WL-Proxy-Client-IP", "X-Host", "X-Scheme", "X-Url-Scheme", "X-Proxy-Host",
        "Front-End-Https", "CDN-Loop", "X-Coming-From", "X-Varnish", "X-Sendfile-Type", "X-Traefik-Router", "X-Request-Start", "X-Ssl-Client-Cert",
    };

    /// <summary>Whether a program of this machine sent it, and no proxy passed it on.</summary>
    public static bool Sent(HttpContext http) => WhyNot(http) is null;

    /// <summary>What says that it came from elsewhere, in words for its sender; null for what this machine sent.</summary>
    public static string? WhyNot(HttpContext http)
    {
        if (http.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address))
        {
            return "the request comes from another machine";
        }

        // What a proxy speaks unless it is told otherwise; programs of today do not.
        if (HttpProtocol.IsHttp10(http.Request.Protocol))
        {
            return "the request is of HTTP/1.0, as proxies send it";
        }

        foreach (var (header, _) in http.Request.Headers)
        {
            if (Family(header) is { } family)
            {
                return $"the request has the header {family}, so it came through a proxy";
            }
        }

        return null;
    }

    // By its own name for it: what the sender wrote is repeated to nobody.
    private static string? Family(string header)
    {
        if (s_headers.TryGetValue(header, out var known))
        {
            return known;
        }

        foreach (var family in s_families)
        {
            if (header.StartsWith(family, StringComparison.OrdinalIgnoreCase))
            {
                return family.TrimEnd('-') + "-…";
            }
        }

        return null;
    }
}
