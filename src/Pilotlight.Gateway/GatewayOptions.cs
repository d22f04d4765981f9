using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Gateway;

/// <summary>What the gateway's edge is told by its host.</summary>
public sealed class GatewayOptions
{
    /// <summary>Largest body of a native request, in bytes. Default: 4 MiB.</summary>
    [Range(1024, int.MaxValue)]
    public int MaxBodyBytes { get; set; } = 4 * 1024 * 1024;
}
