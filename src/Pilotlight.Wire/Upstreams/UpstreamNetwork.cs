using System.Net;

namespace Pilotlight.Wire.Upstreams;

/// <summary>The one way out: pooled connections that are kept open.</summary>
internal static class UpstreamNetwork
{
    public static SocketsHttpHandler Create(TimeSpan connectTimeout, TimeSpan pingInterval, Action<SocketsHttpHandler>? configure)
    {
        var network = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = connectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = pingInterval,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),

            // An answer that nobody wants any more is cut off: read on to save its connection, it would be billed on.
            MaxResponseDrainSize = 0,

            // Long enough that a turn hardly ever meets one that ended, short enough that a moved address is noticed.
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            UseCookies = false,
        };
        configure?.Invoke(network);
        return network;
    }
}
