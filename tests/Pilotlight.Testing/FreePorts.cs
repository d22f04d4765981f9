using System.Net;
using System.Net.Sockets;

namespace Pilotlight.Testing;

/// <summary>Ports of loopback that nobody listens on.</summary>
public static class FreePorts
{
    /// <summary>One that the system chose; whoever listens on it first has it.</summary>
    public static int Next() => Next(1)[0];

    /// <summary>Several, each another.</summary>
    public static int[] Next(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in listeners)
        {
            listener.Start();
        }

        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        return ports;
    }
}
