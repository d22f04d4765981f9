using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Gateway;

/// <summary>What the gateway is told by its host.</summary>
public sealed class GatewayOptions
{
    /// <summary>Whether answers come from the simulator; every surface then says so. Default: no.</summary>
    public bool IsSimulated { get; set; }

    /// <summary>Names this server among those that share a database: what it was running when it ended is taken over by the next of its name. Default: the machine's name.</summary>
    [Required]
    public string Node { get; set; } = Environment.MachineName;

    /// <summary>Largest body of a native request, in bytes. Default: 4 MiB.</summary>
    [Range(1024, int.MaxValue)]
    public int MaxBodyBytes { get; set; } = 4 * 1024 * 1024;
}
