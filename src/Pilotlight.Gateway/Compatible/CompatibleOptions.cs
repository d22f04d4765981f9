using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Gateway.Compatible;

/// <summary>How calls of the compatible APIs are taken; section <c>Pilotlight:Compatible</c>.</summary>
public sealed class CompatibleOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Compatible";

    /// <summary>What becomes of a parameter that only tunes an answer and cannot be honoured. Default: it is ignored, and named in <c>x-pilotlight-ignored</c>.</summary>
    public Unsupported Unsupported { get; set; } = Unsupported.Ignore;

    /// <summary>
    /// Origins whose pages may call the compatible APIs and threads, each as browsers send it (<c>https://app.example.com</c>); <c>*</c> is every
    /// page, and is taken only where there are keys. Default: none.
    /// </summary>
    public IList<string> Cors { get; } = [];

    /// <summary>Models by the names that callers use, <c>gpt-4o</c> for <c>sonnet</c> for instance. Default: none; other names go to the CLI as they are.</summary>
    public IDictionary<string, string> Models { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Silence after which a call that is not streamed is answered with spaces until its JSON comes, so that no proxy gives it up. Its
    /// status is then 200 whatever comes of it. Default: none, it is not.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "01:00:00")]
    public TimeSpan? KeepAlive { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in Cors.Where(origin => origin != "*" && !IsOrigin(origin)))
        {
            yield return new ValidationResult($"Cors holds '{origin}', which is no origin; write it as browsers send it, https://app.example.com for instance.");
        }

        foreach (var (name, _) in Models.Where(model => string.IsNullOrWhiteSpace(model.Value)))
        {
            yield return new ValidationResult($"Models:{name} names no model; give it one, sonnet for instance.");
        }
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && text.Equals(uri.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);
}

/// <summary>What becomes of a parameter that only tunes an answer and cannot be honoured.</summary>
public enum Unsupported
{
    /// <summary>It is ignored, and named in <c>x-pilotlight-ignored</c>.</summary>
    Ignore,

    /// <summary>The call is refused, naming it.</summary>
    Refuse,
}
