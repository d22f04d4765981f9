using System.Diagnostics;

namespace Pilotlight.Testing;

/// <summary>Debian's Caddy in front of a server, by the example in <c>eng/deploy</c>, with nothing outside its folder.</summary>
public static class CaddyProcess
{
    /// <summary>Where it is; null where it is not installed.</summary>
    public static string? Path => new[] { "/usr/bin/caddy", "/usr/local/bin/caddy" }.FirstOrDefault(File.Exists);

    /// <summary>Starts the example before a server: without certificates, and at an address of its own.</summary>
    public static async Task<ProxyProcess> StartAsync(Uri server, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var port = FreePorts.Next();
        var example = await File.ReadAllTextAsync(System.IO.Path.Combine(Repository.Root, "eng", "deploy", "Caddyfile"), cancellationToken);
        var configuration = System.IO.Path.Combine(folder, "Caddyfile");
        await File.WriteAllTextAsync(
            configuration,
            "{\n\tadmin off\n\tauto_https off\n}\n" + example.Replace("pilotlight.example.com {", $"http://127.0.0.1:{port} {{", StringComparison.Ordinal)
                .Replace("127.0.0.1:5160", server.Authority, StringComparison.Ordinal),
            cancellationToken);
        var start = new ProcessStartInfo(Path!, ["run", "--config", configuration, "--adapter", "caddyfile"]);
        (start.Environment["HOME"], start.Environment["XDG_DATA_HOME"], start.Environment["XDG_CONFIG_HOME"]) = (folder, folder, folder);
        return await ProxyProcess.StartAsync(start, port, cancellationToken);
    }
}
