using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Pilotlight.Testing;

/// <summary>Debian's Caddy in front of a server, by the example in <c>eng/deploy</c>, with nothing outside its folder.</summary>
public sealed class CaddyProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private CaddyProcess(Process process, HttpClient http) => (_process, Http) = (process, http);

    /// <summary>Where it is; null where it is not installed.</summary>
    public static string? Path => new[] { "/usr/bin/caddy", "/usr/local/bin/caddy" }.FirstOrDefault(File.Exists);

    /// <summary>Speaks with it.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts the example before a server: without certificates, and at an address of its own.</summary>
    public static async Task<CaddyProcess> StartAsync(Uri server, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var port = FreePort();
        var example = await File.ReadAllTextAsync(System.IO.Path.Combine(Repository.Root, "eng", "deploy", "Caddyfile"), cancellationToken);
        var configuration = System.IO.Path.Combine(folder, "Caddyfile");
        await File.WriteAllTextAsync(
            configuration,
            "{\n\tadmin off\n\tauto_https off\n}\n" + example.Replace("pilotlight.example.com {", $"http://127.0.0.1:{port} {{", StringComparison.Ordinal)
                .Replace("127.0.0.1:5160", server.Authority, StringComparison.Ordinal),
            cancellationToken);
        var start = new ProcessStartInfo(Path!, ["run", "--config", configuration, "--adapter", "caddyfile"]) { RedirectStandardError = true };
        (start.Environment["HOME"], start.Environment["XDG_DATA_HOME"], start.Environment["XDG_CONFIG_HOME"]) = (folder, folder, folder);
        var process = Process.Start(start)!;
        var log = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var caddy = new CaddyProcess(process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) });
        try
        {
            await caddy.WaitAsync(port, log, cancellationToken);
            return caddy;
        }
        catch
        {
            await caddy.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task WaitAsync(int port, Task<string> log, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException("Caddy ended: " + await log);
            }

            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(20, limit.Token);
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
