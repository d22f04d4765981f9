namespace Pilotlight.Gateway.Compatible;

/// <summary>How calls of the compatible APIs are taken; section <c>Pilotlight:Compatible</c>.</summary>
public sealed class CompatibleOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Compatible";

    /// <summary>What becomes of a parameter that only tunes an answer and cannot be honoured. Default: it is ignored, and named in <c>x-pilotlight-ignored</c>.</summary>
    public Unsupported Unsupported { get; set; } = Unsupported.Ignore;
}

/// <summary>What becomes of a parameter that only tunes an answer and cannot be honoured.</summary>
public enum Unsupported
{
    /// <summary>It is ignored, and named in <c>x-pilotlight-ignored</c>.</summary>
    Ignore,

    /// <summary>The call is refused, naming it.</summary>
    Refuse,
}
