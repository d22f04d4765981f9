using System.ComponentModel.DataAnnotations;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Http;

/// <summary>How event streams are written to clients; section <c>Pilotlight:Relay</c>, beside <see cref="RelayOptions"/>.</summary>
public sealed class StreamOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = RelayOptions.Section;

    /// <summary>Time between comments that keep an idle stream open. Default: 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "00:10:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a client may take to accept a write before it is dropped; it can resume. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "00:10:00")]
    public TimeSpan WriteDeadline { get; set; } = TimeSpan.FromSeconds(5);
}
