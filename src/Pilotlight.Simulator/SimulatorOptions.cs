using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Simulator;

/// <summary>How the simulator listens and how fast it speaks; section <c>Pilotlight:Simulator</c>.</summary>
public sealed class SimulatorOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Simulator";

    /// <summary>Port on 127.0.0.1; 0 takes a free one. Default: 0.</summary>
    [Range(0, 65535)]
    public int Port { get; set; }

    /// <summary>The wait before the first token. Default: none.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan FirstTokenDelay { get; set; }

    /// <summary>Tokens (words) a second after that. 0 is as fast as it goes. Default: 0.</summary>
    [Range(0, 1_000_000)]
    public double TokensPerSecond { get; set; }

    /// <summary>How many requests are remembered; older ones are dropped. Default: 10,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxRecorded { get; set; } = 10_000;

    /// <summary>
    /// Whether it speaks HTTPS, by a certificate of its own that clients trust only when they are told of it
    /// (<see cref="SimulatorServer.CertificatePem"/>). Default: false.
    /// </summary>
    public bool Https { get; set; }

    /// <summary>The round trip to it, as of a network; a connection and each of its steps take as long as they would there. Default: none.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:10")]
    public TimeSpan RoundTrip { get; set; }

    /// <summary>The pace of a real model: 400 ms to the first token, then 60 a second.</summary>
    public static SimulatorOptions Realistic => new() { FirstTokenDelay = TimeSpan.FromMilliseconds(400), TokensPerSecond = 60 };
}
