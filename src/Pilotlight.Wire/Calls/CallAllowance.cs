namespace Pilotlight.Wire.Calls;

/// <summary>A budget's word on one call. Immutable.</summary>
public sealed record CallAllowance
{
    private CallAllowance()
    {
    }

    /// <summary>The call goes as it is.</summary>
    public static CallAllowance Unbounded { get; } = new();

    /// <summary>The most output tokens it may ask for; null leaves what it asks for.</summary>
    public int? MaxOutputTokens { get; private init; }

    /// <summary>Why it may not be made; null allows it. Shown to the user by the CLI.</summary>
    public string? Refusal { get; private init; }

    /// <summary>The call goes, with at most so many output tokens (at least 1).</summary>
    public static CallAllowance AtMost(int maxOutputTokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxOutputTokens, 1);
        return new() { MaxOutputTokens = maxOutputTokens };
    }

    /// <summary>The call is not made; whoever made it reads the reason.</summary>
    public static CallAllowance Refuse(string reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        return new() { Refusal = reason };
    }
}
