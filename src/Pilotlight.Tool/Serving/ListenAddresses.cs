using System.Net;
using Microsoft.Extensions.Options;
using Pilotlight.Core.Access;
using Pilotlight.Core.Storage;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Serving;

/// <summary>Where the gateway may listen: on loopback, or anywhere once there are keys to tell callers by.</summary>
internal static class ListenAddresses
{
    private static readonly string[] LoopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    public static string[] Split(string urls) => urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What is wrong with them by themselves.</summary>
    public static IEnumerable<string> Faults(string urls) =>
        from url in Split(urls)
        where !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
        select $"--urls holds '{url}', which is not an address such as {ServeSettings.DefaultUrls}.";

    /// <summary>The names that requests may call the gateway by; setting <c>AllowedHosts</c>, separated by semicolons.</summary>
    /// <remarks>
    /// On loopback alone there may be no keys, and a page of another site that gives its own name our address would otherwise
    /// speak to us as if it were ours. Where others reach us they need a key, and we do not know what they call us.
    /// </remarks>
    public static string[] AllowedHosts(string urls, IConfiguration configuration) =>
        configuration["AllowedHosts"] is { Length: > 0 } and not "*" ? Split(configuration["AllowedHosts"]!)
        : Split(urls).All(IsLoopback) ? LoopbackNames
        : ["*"];

    /// <summary>Refuses addresses that others can reach, and pages of everybody, while there are no keys.</summary>
    /// <exception cref="StartException">There are such addresses or pages, and no keys.</exception>
    public static async Task CheckAsync(IServiceProvider services, string urls, CancellationToken cancellationToken)
    {
        var open = Split(urls).FirstOrDefault(url => !IsLoopback(url));
        var isOpenToPages = services.GetRequiredService<IOptions<CompatibleOptions>>().Value.Cors.Contains("*");
        if (open is null && !isOpenToPages)
        {
            return;
        }

        await services.GetRequiredService<IStorageInitializer>().InitializeAsync(cancellationToken);
        if (!await services.GetRequiredService<KeyService>().AreNeededAsync(cancellationToken))
        {
            const string Make = "Make one with 'pilotlight keys create --admin NAME', or ";
            throw new StartException("Pilotlight cannot start:\n  - " + (open is not null
                ? $"--urls holds '{open}', which others can reach, and there are no keys to tell them by. {Make}listen on 127.0.0.1."
                : $"Pilotlight:Compatible:Cors holds '*', which lets every page that is open on this machine in, and there are no keys to tell them by. {Make}name the origins."));
        }
    }

    private static bool IsLoopback(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address)
        && (address.Host == "localhost" || (IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && IPAddress.IsLoopback(ip)));
}
