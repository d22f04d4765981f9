namespace Pilotlight.Wire.Upstreams;

/// <summary>Whose Messages API an upstream is.</summary>
public enum UpstreamKind
{
    /// <summary>Anthropic's own, or a gateway that speaks as it does.</summary>
    Anthropic,

    /// <summary>Amazon Bedrock.</summary>
    Bedrock,

    /// <summary>Google Vertex AI.</summary>
    Vertex,

    /// <summary>Microsoft Foundry.</summary>
    Foundry,
}

/// <summary>One place that calls can be sent to; an entry of <c>Pilotlight:Wire:Upstreams</c>.</summary>
public sealed class UpstreamOptions
{
    /// <summary>What it is called in answers, metrics and errors; one of its kind alone. Default: the kind's name.</summary>
    public string? Name { get; set; }

    /// <summary>Whose API it is. Default: <see cref="UpstreamKind.Anthropic"/>.</summary>
    public UpstreamKind Kind { get; set; }

    /// <summary>
    /// Its address, up to what an API of its kind adds: <c>https://api.anthropic.com</c> (the default for Anthropic),
    /// <c>https://bedrock-runtime.REGION.amazonaws.com</c>, <c>https://REGION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/REGION</c>,
    /// <c>https://NAME.services.ai.azure.com/anthropic</c>.
    /// </summary>
    public string? BaseUrl { get; set; }

    /// <summary>
    /// Its key. Default: none. Without one Anthropic gets the CLI's own sign-in, Bedrock what Amazon's library finds (environment, profile,
    /// role), Vertex Google's application default credentials; Foundry needs one. For Bedrock it is a Bedrock API key, for Vertex an access token.
    /// </summary>
    public string? ApiKey { get; set; }

    /// <summary>
    /// The models it serves: full names, beginnings with <c>*</c> at the end, or <c>name=theirs</c> where it has another name for one.
    /// Default: all.
    /// </summary>
    public IList<string> Models { get; } = [];

    /// <summary>The lowest is asked first; equal ones take turns. Default: 0.</summary>
    public int Priority { get; set; }

    /// <summary>Whether it has a credential of its own, a key or what its kind's library finds; without one a process's own sign-in is passed on.</summary>
    public bool HasCredential() => Kind != UpstreamKind.Anthropic || ApiKey is { Length: > 0 };
}
