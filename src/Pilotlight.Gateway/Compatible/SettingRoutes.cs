using Pilotlight.Claude.Conversations;
using static Pilotlight.Gateway.Compatible.Served;

namespace Pilotlight.Gateway.Compatible;

/// <summary>The ways that a call can take to the model.</summary>
internal enum CallRoute
{
    /// <summary>A process of the CLI that the gateway speaks with alone.</summary>
    Cli,

    /// <summary>A process of the CLI whose requests to the API are set right on the wire, which takes a key of the API's.</summary>
    Wire,

    /// <summary>Straight to the API, as it came.</summary>
    Direct,
}

/// <summary>What becomes of a setting on a route.</summary>
internal enum Served
{
    /// <summary>It holds, exactly.</summary>
    Held,

    /// <summary>It holds as nearly as can be.</summary>
    Near,

    /// <summary>It is left aside, and named in the response.</summary>
    Ignored,

    /// <summary>The call is refused: the answer would not be what was asked for.</summary>
    Refused,
}

/// <summary>One setting, and what becomes of it.</summary>
/// <param name="OpenAi">What OpenAI's API calls it; null where it has none such.</param>
/// <param name="Anthropic">What Anthropic's API calls it; null where it has none such.</param>
/// <param name="IsAsked">Whether a call asks for it.</param>
/// <param name="Cli">What becomes of it on the CLI alone.</param>
/// <param name="Wire">What becomes of it with the wire.</param>
/// <param name="How">How the CLI alone serves it, or what to do where it does not.</param>
internal sealed record SettingRow(
    string? OpenAi, string? Anthropic, Func<CompatibleRequest, bool> IsAsked, Served Cli, Served Wire, string How)
{
    public Served On(CallRoute route) => route switch { CallRoute.Cli => Cli, CallRoute.Wire => Wire, _ => Held };

    public string Name(string api) => (api == "openai" ? OpenAi ?? Anthropic : Anthropic ?? OpenAi)!;
}

/// <summary>The one table of what each route can honour.</summary>
internal static class SettingRoutes
{
    public static IReadOnlyList<SettingRow> Rows { get; } =
    [
        new("temperature", "temperature", call => call.Settings.Temperature is not null, Ignored, Held, "the CLI cannot be told"),
        new("top_p", "top_p", call => call.Settings.TopP is not null, Ignored, Held, "the CLI cannot be told"),
        new(null, "top_k", call => call.Settings.TopK is not null, Ignored, Held, "the CLI cannot be told"),
        new("stop", "stop_sequences", call => call.Settings.StopSequences.Count > 0, Held, Held, "the gateway ends the answer there, and the process's turn with it"),
        new("max_completion_tokens", "max_tokens", call => call.Settings.MaxTokens is not null, Near, Held, "the gateway cuts the answer at five characters a token"),
        new("tool_choice", "tool_choice", call => call.Settings.ToolChoice.Kind is ToolChoiceKind.Any or ToolChoiceKind.Tool, Near, Held, "the tool is the only one that is offered, and the message asks for it"),
        new("tool_choice: none", "tool_choice: none", call => call.Settings.ToolChoice.Kind == ToolChoiceKind.None, Held, Held, "no tool is offered"),
        new("parallel_tool_calls", "tool_choice.disable_parallel_tool_use", call => call.Settings.OneCallAtATime, Held, Held, "the first call is told, the others are dropped with their process"),
        new("tools.strict", "tools.strict", call => call.Settings.StrictTools.Count > 0, Ignored, Held, "the CLI cannot be told"),
        new("reasoning_effort", "output_config.effort", call => call.Settings.Effort is not null, Held, Held, "the CLI's own setting, by turn"),
        new("reasoning_effort: none", "thinking", call => call.Settings.Thinking is { Kind: not "adaptive" }, Ignored, Held, "the CLI decides by itself"),
        new("messages: assistant last", "messages: assistant last", call => call.Settings.Prefill is not null, Refused, Held, "End with the user's message, or give the gateway a key of the API's: only on the wire can an answer be begun"),
        new("service_tier", "service_tier", call => call.Settings.ServiceTier is not null, Ignored, Held, "the CLI cannot be told"),
        new("messages: system after others", "messages: system after others", call => call.Settings.SystemNotes.Count > 0, Near, Near, "folded into the user's words, in place"),
        new("response_format", "output_config.format", call => call.OutputSchema is not null, Held, Held, "the CLI's own structured output"),
        new("image_url", "image", call => call.Has<UserImage>(), Held, Held, "sent as they are"),
        new("image_url: an address", "image: an address", call => call.Has<UserImageAddress>(), Held, Held, "the API fetches it"),
        new("file", "document", call => call.Has<UserDocument>() || call.Has<UserDocumentAddress>(), Held, Held, "sent as they are"),
        new("include: reasoning.encrypted_content", null, call => call.Settings.KeepsThinking, Ignored, Ignored, "a process keeps what it thought for itself"),
    ];

    /// <summary>The call as a route takes it: with the model that its name stands for, and with word of what is left aside.</summary>
    /// <exception cref="Core.Problems.ProblemException">The route cannot serve it; names the parameter and the next step.</exception>
    public static CompatibleRequest Settle(this CompatibleRequest call, CallRoute route, CompatibleOptions options)
    {
        var asked = Rows.Where(row => row.On(route) >= Ignored && row.IsAsked(call)).ToLookup(row => row.On(route));
        if (asked[Refused].FirstOrDefault() is { } refused)
        {
            throw CallBody.Fault(Parameter(refused.Name(call.Api)), $"{refused.Name(call.Api)}: the last message is the assistant's. {refused.How}.");
        }

        string[] ignored = [.. asked[Ignored].Select(row => row.Name(call.Api)), .. call.Settings.Tuning];
        if (ignored is [var first, ..] && options.Unsupported == Unsupported.Refuse)
        {
            throw CallBody.Fault(
                Parameter(first), $"{first} cannot be honoured here. Leave it out, or set Pilotlight:Compatible:Unsupported to Ignore on the gateway to have it left aside.");
        }

        return call with
        {
            Model = options.Models.TryGetValue(call.Model, out var model) ? model : call.Model,
            Ignored = [.. ignored, .. call.Settings.Unknown],
        };
    }

    private static string Parameter(string name) => name.Split(':')[0];
}
