using System.Data.Common;

namespace Pilotlight.Aspire.Client;

/// <summary>What a connection string says: <c>Endpoint=http://127.0.0.1:5160;Key=pl_…</c>, or an address alone.</summary>
/// <param name="Endpoint">Where the gateway is.</param>
/// <param name="Key">The key to show it; null for none.</param>
internal sealed record PilotlightConnection(Uri Endpoint, string? Key)
{
    /// <summary>Reads one.</summary>
    /// <param name="name">The connection's name, for what is told of a fault.</param>
    /// <param name="text">The connection string; null where there is none.</param>
    /// <exception cref="InvalidOperationException">There is none, or it names no address. The message never holds the string, which may hold a key.</exception>
    public static PilotlightConnection Parse(string name, string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new InvalidOperationException(
                $"There is no connection string '{name}'. In the app host: WithReference(pilotlight); without one: ConnectionStrings__{name}=http://127.0.0.1:5160.");
        }

        if (IsAddress(text, out var alone))
        {
            return new PilotlightConnection(alone, null);
        }

        var parts = Parts(name, text);
        return parts.TryGetValue("Endpoint", out var endpoint) && IsAddress($"{endpoint}", out var address)
            ? new PilotlightConnection(address, parts.TryGetValue("Key", out var key) ? $"{key}" : null)
            : throw Wrong(name);
    }

    private static DbConnectionStringBuilder Parts(string name, string text)
    {
        try
        {
            return new DbConnectionStringBuilder { ConnectionString = text };
        }
        catch (ArgumentException)
        {
            throw Wrong(name);
        }
    }

    private static bool IsAddress(string text, out Uri address) => Uri.TryCreate(text, UriKind.Absolute, out address!) && address.Scheme is ("http" or "https");

    private static InvalidOperationException Wrong(string name) => new(
        $"The connection string '{name}' names no http or https address; it must be such as 'Endpoint=http://127.0.0.1:5160;Key=pl_…', or an address alone.");
}
