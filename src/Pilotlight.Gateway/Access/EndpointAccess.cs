using Microsoft.AspNetCore.Builder;

namespace Pilotlight.Gateway.Access;

/// <summary>Marks an endpoint that needs no key, with the reason why.</summary>
/// <param name="Reason">Why anybody may reach it.</param>
public sealed record WithoutKey(string Reason);

/// <summary>Marks an endpoint that only an admin's key opens.</summary>
public sealed record AdminsOnly;

/// <summary>Says who may reach an endpoint; without a word, whoever has a key.</summary>
public static class EndpointAccess
{
    /// <summary>Anybody may, for the reason given.</summary>
    public static TBuilder AllowWithoutKey<TBuilder>(this TBuilder endpoint, string reason)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new WithoutKey(reason));

    /// <summary>Admins alone may.</summary>
    public static TBuilder RequireAdmin<TBuilder>(this TBuilder endpoint)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AdminsOnly());
}
