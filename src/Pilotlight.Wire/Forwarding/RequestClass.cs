using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Forwarding;

/// <summary>What the CLI says of its calls when it is asked to, by a variable of its environment.</summary>
/// <remarks>Seen with 2.1.309, 2.1.330 and 2.1.332; a version that does not say it leaves its calls unknown, and so unchanged.</remarks>
internal static class RequestClass
{
    public const string Header = "x-claude-code-request-class";

    public static CallPurpose Read(string? value) => value switch
    {
        "main" => CallPurpose.Main,
        "subagent" or "workflow" => CallPurpose.Subagent,
        "compaction" => CallPurpose.Compaction,
        null or "" => CallPurpose.Unknown,
        _ => CallPurpose.Auxiliary,
    };
}
