using System.ComponentModel.DataAnnotations;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Core.Access;

/// <summary>How much a turn may send, and what is held of budgets while it runs; section <c>Pilotlight:Limits</c>.</summary>
public sealed class LimitOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Limits";

    /// <summary>Tokens of context from which on the oldest turns are no longer sent. Default: 150,000.</summary>
    [Range(1, int.MaxValue)]
    public int SoftTokens { get; set; } = 150_000;

    /// <summary>Tokens of context from which on a turn is refused. Default: 180,000.</summary>
    [Range(1, int.MaxValue)]
    public int HardTokens { get; set; } = 180_000;

    /// <summary>Other limits and prices for single models, by the alias or name that is asked for.</summary>
    public Dictionary<string, ModelLimits> Models { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Tokens of answer to hold of a budget while a turn runs; what it really used is booked at its end. Default: 4,096.</summary>
    [Range(0, 1_000_000)]
    public int ReservedOutputTokens { get; set; } = 4096;

    /// <summary>Dollars for a million tokens sent, to hold of a budget. Default: 3.</summary>
    [Range(0, 10_000)]
    public double InputUsdPerMillion { get; set; } = 3;

    /// <summary>Dollars for a million tokens of answer, to hold of a budget. Default: 15.</summary>
    [Range(0, 10_000)]
    public double OutputUsdPerMillion { get; set; } = 15;

    /// <summary>How long a running turn's slot and reservation outlive its server. Default: 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How many files a message may bring. Default: 20.</summary>
    [Range(0, 100)]
    public int Attachments { get; set; } = 20;

    /// <summary>Bytes of one of them. Default: 10 MiB; the API itself takes images of 5 MB and requests of 32 MB.</summary>
    [Range(1, 32 * 1024 * 1024)]
    public int AttachmentBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>Bytes of all of them in one message. Default: 20 MiB.</summary>
    [Range(1, 32 * 1024 * 1024)]
    public int AttachmentsBytes { get; set; } = 20 * 1024 * 1024;

    /// <summary>The limits of a model.</summary>
    public (int Soft, int Hard) For(string? model)
    {
        var own = model is null ? null : Models.GetValueOrDefault(model);
        return (own?.SoftTokens ?? SoftTokens, own?.HardTokens ?? HardTokens);
    }

    /// <summary>What to hold for a turn that sends so many tokens to a model.</summary>
    public (long Tokens, decimal Usd) Hold(string? model, long inputTokens)
    {
        return (inputTokens + ReservedOutputTokens, Price(model, inputTokens, ReservedOutputTokens));
    }

    /// <summary>About what a turn cost in dollars, for one whose cost the CLI did not come to tell.</summary>
    /// <remarks>Cached tokens at Anthropic's rates: a write that is kept 5 minutes costs 1.25 times as much as other input, a read a tenth.</remarks>
    public decimal Price(string? model, TurnUsage usage) =>
        Price(model, usage.InputTokens + (usage.CacheWriteTokens * 1.25m) + (usage.CacheReadTokens * 0.1m), usage.OutputTokens);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, (soft, hard)) in Models.Keys.Select(model => (model, For(model))).Prepend(("every model", For(null))))
        {
            if (soft > hard)
            {
                yield return new ValidationResult($"SoftTokens is {soft} and HardTokens {hard} for {name}; the soft limit must not be above the hard one.");
            }
        }
    }

    private decimal Price(string? model, decimal inputTokens, long outputTokens)
    {
        var own = model is null ? null : Models.GetValueOrDefault(model);
        return ((inputTokens * (decimal)(own?.InputUsdPerMillion ?? InputUsdPerMillion)) + (outputTokens * (decimal)(own?.OutputUsdPerMillion ?? OutputUsdPerMillion))) / 1_000_000m;
    }
}

/// <summary>A model's own limits and prices; what is null is as for every model.</summary>
public sealed class ModelLimits
{
    /// <summary>Tokens of context from which on the oldest turns are no longer sent.</summary>
    public int? SoftTokens { get; set; }

    /// <summary>Tokens of context from which on a turn is refused.</summary>
    public int? HardTokens { get; set; }

    /// <summary>Dollars for a million tokens sent.</summary>
    public double? InputUsdPerMillion { get; set; }

    /// <summary>Dollars for a million tokens of answer.</summary>
    public double? OutputUsdPerMillion { get; set; }
}
