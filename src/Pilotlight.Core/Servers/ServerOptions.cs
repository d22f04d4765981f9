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

    /// <summary>What people call this server. Default: the machine's name.</summary>
    [Required]
    public string Name { get; set; } = Environment.MachineName;

    /// <summary>
    /// Whether others take this server's threads over as soon as they believe it dead: then it says every second that it lives, and ends its conversations' processes
    /// as soon as it cannot. Default: no, and turns outlast a store that is away.
    /// </summary>
    public bool IsNode { get; set; }
}
