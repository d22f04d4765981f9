using System.Collections.Frozen;
using Pilotlight.Client;

namespace Pilotlight.Samples.Tenants;

/// <summary>What a user says.</summary>
public sealed record Question(string Text);

/// <summary>Each tenant's own client, with its own key of the gateway's: its own threads, budgets, limits and usage.</summary>
/// <remarks><c>Gateway</c> is the gateway's address, <c>Tenants:NAME</c> a tenant's key. Keys belong in a store of secrets.</remarks>
public sealed class Tenants : IDisposable
{
    private readonly FrozenDictionary<string, PilotlightClient> _clients;

    public Tenants(IConfiguration configuration)
    {
        var gateway = new Uri(configuration["Gateway"] ?? "http://127.0.0.1:5160");
        _clients = configuration.GetSection("Tenants").GetChildren().ToFrozenDictionary(
            tenant => tenant.Key,
            tenant => new PilotlightClient(new PilotlightClientOptions { Address = gateway, ApiKey = tenant.Value }),
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Whether there is a tenant of that name.</summary>
    public bool Knows(string tenant) => _clients.ContainsKey(tenant);

    /// <summary>A tenant's client.</summary>
    public PilotlightClient Of(string tenant) => _clients[tenant];

    public void Dispose()
    {
        foreach (var client in _clients.Values)
        {
            client.Dispose();
        }
    }
}
