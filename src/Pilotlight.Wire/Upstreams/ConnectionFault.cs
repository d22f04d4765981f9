using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Pilotlight.Wire.Upstreams;

/// <summary>Says in words a user can act on why an upstream could not be reached.</summary>
internal static class ConnectionFault
{
    public static string Describe(Upstream upstream, Exception fault) =>
        $"The upstream '{upstream.Name}' at {upstream.Protocol.Address} could not be reached: {Reason(upstream.Protocol.Address, fault)}";

    /// <summary>What an upstream is told as whose request could not be made: its credentials were not found.</summary>
    public static string DescribeUnasked(Upstream upstream, Exception fault) =>
        $"The upstream '{upstream.Name}' cannot be asked: {Innermost(fault).Message.TrimEnd('.')}. Check its credentials, or give it an ApiKey.";

    private static string Reason(Uri address, Exception fault)
    {
        var http = Find<HttpRequestException>(fault);
        var socket = Find<SocketException>(fault);
        var tls = Find<AuthenticationException>(fault);
        return (http?.HttpRequestError, http?.StatusCode, socket?.SocketErrorCode) switch
        {
            (_, HttpStatusCode.ProxyAuthenticationRequired, _) => ProxyRefused(),
            (HttpRequestError.ProxyTunnelError, _, _) => $"the proxy refused ({http!.Message}). Check HTTPS_PROXY.",
            (HttpRequestError.NameResolutionError, _, _) or (_, _, SocketError.HostNotFound) => $"there is no host '{address.Host}'. Check its BaseUrl, and the name service.",
            (_, _, SocketError.ConnectionRefused) => $"nothing listens at {address.Authority}. Check its BaseUrl.",
            _ when tls is not null => $"its certificate is not trusted ({tls.Message.TrimEnd('.')}). Add its issuer to the system's certificates, or name a bundle in SSL_CERT_FILE.",
            (_, _, SocketError.NetworkUnreachable or SocketError.HostUnreachable) => "there is no way to its network.",
            _ when fault is OperationCanceledException or TimeoutException => "it did not take the connection in time. Check its BaseUrl, proxy and firewall; for a slow network raise Pilotlight:Wire:ConnectTimeout.",
            _ => $"{(Innermost(fault).Message is { Length: > 0 } message ? message : fault.GetType().Name).TrimEnd('.')}.",
        };
    }

    /// <summary>What a proxy without a password is told as.</summary>
    public static string ProxyRefused() => "the proxy wants a password (407). Put it into HTTPS_PROXY as http://user:password@host:port.";

    private static T? Find<T>(Exception? fault)
        where T : Exception
    {
        for (; fault is not null; fault = fault.InnerException)
        {
            if (fault is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static Exception Innermost(Exception fault) => fault.InnerException is { } inner ? Innermost(inner) : fault;
}
