using System.ComponentModel.DataAnnotations;
using Pilotlight.Wire.Upstreams;

namespace Pilotlight.Wire;

/// <summary>Whether calls that need nothing of the CLI go to the API without one.</summary>
public enum DirectMode
{
    /// <summary>Where there is a key to do it with.</summary>
    Auto,

    /// <summary>Every call goes through a CLI.</summary>
    Never,
}

/// <summary>The relay between the CLI and the API; section <c>Pilotlight:Wire</c>.</summary>
public sealed class WireOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Wire";

    /// <summary>Whether there is a relay; without one each CLI calls the API itself, with the key in its environment. Default: true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Whether calls that need nothing of the CLI go to the API without one. Default: <see cref="DirectMode.Auto"/>.</summary>
    public DirectMode Direct { get; set; }

    /// <summary>Where calls can be sent to. Default: none; the key and address that the host has (<c>ANTHROPIC_API_KEY</c>, <c>ANTHROPIC_BASE_URL</c>).</summary>
    public IList<UpstreamOptions> Upstreams { get; } = [];

    /// <summary>A folder that every request and answer is written to, without secrets. Default: none.</summary>
    public string? Record { get; set; }

    /// <summary>A folder, written by <see cref="Record"/>, that calls are answered from instead of an upstream. Default: none.</summary>
    public string? Replay { get; set; }

    /// <summary>How long a connection to an upstream may take, TLS included. Default: 1.5 s, so that a dead address is told within 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How often open connections are used, so that they stay open. Default: 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan PingInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an upstream may say nothing in the middle of a call. Default: 10 min, as the CLI has it.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SilenceTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        WireOptionsCheck.OwnFaults(this).Select(fault => new ValidationResult(fault));
}
