using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Core.Servers;

/// <summary>What a server is told by its host.</summary>
public sealed class ServerOptions
{
    /// <summary>Whether answers come from the simulator; every surface then says so. Default: no.</summary>
    public bool IsSimulated { get; set; }

    /// <summary>The folder of this server's own files. Default: none, and nothing of running turns is kept beside the store.</summary>
    public string? Folder { get; set; }

    /// <summary>Names this server among those that share a database: what it was running when it ended is taken over by the next of its name. Default: the machine's name.</summary>
    [Required]
    public string Node { get; set; } = Environment.MachineName;
}
