using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Pilotlight.Testing;

/// <summary>Debian's nginx in front of a server, with a configuration of its own and nothing outside its folder.</summary>
public sealed class NginxProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private NginxProcess(Process process, HttpClient http) => (_process, Http) = (process, http);

    /// <summary>Where it is; null where it is not installed.</summary>
    public static string? Path => new[] { "/usr/sbin/nginx", "/usr/bin/nginx" }.FirstOrDefault(File.Exists);

    /// <summary>Speaks with it.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts it before a server, with directives for what it passes on.</summary>
    public static async Task<NginxProcess> StartAsync(Uri server, string directives, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var port = FreePort();
        var configuration = System.IO.Path.Combine(folder, "nginx.conf");
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            daemon off; master_process off; pid {{folder}}/pid; error_log {{folder}}/error.log;
            events {}
            http {
              access_log off; client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
              server { listen 127.0.0.1:{{port}}; location / { proxy_pass http://{{server.Authority}}; {{directives}} } }
            }
            """,
            cancellationToken);
        var process = Process.Start(new ProcessStartInfo(Path!, ["-c", configuration, "-e", System.IO.Path.Combine(folder, "error.log")]) { RedirectStandardError = true })!;
        var nginx = new NginxProcess(process, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) });
        try
        {
            await nginx.WaitAsync(port, cancellationToken);
            return nginx;
        }
        catch
        {
            await nginx.DisposeAsync();
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

    private async Task WaitAsync(int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException("nginx ended: " + await _process.StandardError.ReadToEndAsync(CancellationToken.None));
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
