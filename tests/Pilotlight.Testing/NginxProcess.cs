using System.Diagnostics;

namespace Pilotlight.Testing;

/// <summary>Debian's nginx in front of a server, with a configuration of its own and nothing outside its folder.</summary>
public static class NginxProcess
{
    /// <summary>Where it is; null where it is not installed.</summary>
    public static string? Path => new[] { "/usr/sbin/nginx", "/usr/bin/nginx" }.FirstOrDefault(File.Exists);

    /// <summary>Starts it before a server, with directives for what it passes on.</summary>
    public static async Task<ProxyProcess> StartAsync(Uri server, string directives, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var port = FreePorts.Next();
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
        return await ProxyProcess.StartAsync(new ProcessStartInfo(Path!, ["-c", configuration, "-e", System.IO.Path.Combine(folder, "error.log")]), port, cancellationToken);
    }
}
