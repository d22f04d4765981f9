using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Bodies;

/// <summary>Keeps a call's <c>max_tokens</c> within what a budget has left.</summary>
internal static class OutputBound
{
    /// <summary>Lowers <c>max_tokens</c> to the allowance, never raises it.</summary>
    public static void Apply(JsonObjectEdit body, int? asked, CallAllowance allowance)
    {
        if (allowance.MaxOutputTokens is not { } most || asked <= most)
        {
            return;
        }

        body.Set("max_tokens", BodyJson.Write(most));
        ThinkingWriter.Fit(body, most);
    }
}
