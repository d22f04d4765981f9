using Microsoft.Extensions.Options;

namespace Pilotlight.Processes;

/// <summary>Checks the options, in a host and without one; the checks are generated from their attributes.</summary>
[OptionsValidator]
internal sealed partial class WarmPoolOptionsValidator : IValidateOptions<WarmPoolOptions>
{
    /// <summary>A copy of them, so that later changes change no pool.</summary>
    /// <exception cref="OptionsValidationException">They are wrong; says every fault.</exception>
    public static WarmPoolOptions Checked(WarmPoolOptions options)
    {
        var copy = options.Copy();
        var result = new WarmPoolOptionsValidator().Validate(Options.DefaultName, copy);
        return result.Failed
            ? throw new OptionsValidationException(Options.DefaultName, typeof(WarmPoolOptions), result.Failures)
            : copy;
    }
}
