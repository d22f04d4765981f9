namespace Pilotlight.Client;

/// <summary>Where the gateway is, and how patient to be with it.</summary>
public sealed class PilotlightClientOptions
{
    /// <summary>The gateway's address. Default: <c>http://127.0.0.1:5160</c>, where <c>pilotlight serve</c> listens.</summary>
    public Uri Address { get; set; } = new("http://127.0.0.1:5160");

    /// <summary>The key to show, <c>pl_…</c>. Default: none, which a gateway without keys takes from its own machine.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How long a request that is no turn may take. Default: 100 s.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(100);

    /// <summary>How long a turn whose connection broke is tried to be joined again, counted from the last event. Default: 2 min.</summary>
    public TimeSpan ReconnectTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>The silence of a stream after which it counts as broken; the gateway gives a sign of life every 15 s unless told otherwise. Default: 1 min.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a poll of a background response waits for its end before it says that there is none yet. Default: 2 s.</summary>
    public TimeSpan PollWait { get; set; } = TimeSpan.FromSeconds(2);

    internal void Check()
    {
        if (!Address.IsAbsoluteUri || Address.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"Address is '{Address}'; it must be an absolute http or https address such as http://127.0.0.1:5160.");
        }

        foreach (var (name, value) in new[]
        {
            (nameof(RequestTimeout), RequestTimeout), (nameof(IdleTimeout), IdleTimeout), (nameof(ReconnectTimeout), ReconnectTimeout), (nameof(PollWait), PollWait),
        })
        {
            if (value <= TimeSpan.Zero)
            {
                throw new ArgumentException($"{name} is {value}; it must be more than zero.");
            }
        }
    }
}
