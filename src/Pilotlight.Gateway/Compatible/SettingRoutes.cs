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
/// <param name="Tests">Tests of its own, each as <c>Class.Method</c>; one more tries every row on every route.</param>
internal sealed record SettingRow(
    string? OpenAi, string? Anthropic, Func<CompatibleRequest, bool> IsAsked, Served Cli, Served Wire, string How, params string[] Tests)
{
    public Served On(CallRoute route) => route switch { CallRoute.Cli => Cli, CallRoute.Wire => Wire, _ => Held };

    public string Name(string api) => (api == "openai" ? OpenAi ?? Anthropic : Anthropic ?? OpenAi)!;
}

/// <summary>The one table of what each route can honour.</summary>
internal static class SettingRoutes
{
    public static IReadOnlyList<SettingRow> Rows { get; } =
    [
        new("temperature", "temperature", call => call.Settings.Temperature is not null, Ignored, Held, "the CLI cannot be told", "RouteTests.Through_the_cli_what_it_cannot_be_told_is_set_on_the_wire", "SettingTests.What_only_tunes_is_left_aside_by_name_and_a_strict_gateway_refuses_it"),
        new("top_p", "top_p", call => call.Settings.TopP is not null, Ignored, Held, "the CLI cannot be told", "SettingTests.A_chat_completion_says_how_it_is_to_be_made"),
        new(null, "top_k", call => call.Settings.TopK is not null, Ignored, Held, "the CLI cannot be told", "RouteTests.Through_the_cli_what_it_cannot_be_told_is_set_on_the_wire"),
        new("stop", "stop_sequences", call => call.Settings.StopSequences.Count > 0, Held, Held, "the gateway ends the answer there, and the process's turn with it", "CliAloneTests.An_answer_ends_before_a_stop_sequence_which_is_named", "CliAloneTests.OpenAIs_stop_ends_an_answer_the_same_way"),
        new("max_completion_tokens", "max_tokens", call => call.Settings.MaxTokens is not null, Near, Held, "the gateway cuts the answer at five characters a token", "OpenAiTests.An_answer_longer_than_the_limit_says_so"),
        new("tool_choice", "tool_choice", call => call.Settings.ToolChoice.Kind is ToolChoiceKind.Any or ToolChoiceKind.Tool, Near, Held, "the tool is the only one that is offered, and the message asks for it", "CliAloneTests.A_tool_that_must_be_called_is_the_only_one_that_is_offered_and_one_call_at_a_time_is_told"),
        new("tool_choice: none", "tool_choice: none", call => call.Settings.ToolChoice.Kind == ToolChoiceKind.None, Held, Held, "no tool is offered", "ToolReadingTests.A_choice_is_read"),
        new("parallel_tool_calls", "tool_choice.disable_parallel_tool_use", call => call.Settings.OneCallAtATime, Held, Held, "the first call is told, the others are dropped with their process", "CliAloneTests.A_tool_that_must_be_called_is_the_only_one_that_is_offered_and_one_call_at_a_time_is_told"),
        new("tools.strict", "tools.strict", call => call.Settings.StrictTools.Count > 0, Ignored, Held, "the CLI cannot be told", "ToolReadingTests.What_Claude_Code_says_of_its_tools_is_read"),
        new("reasoning_effort", "output_config.effort", call => call.Settings.Effort is not null, Held, Held, "the CLI's own setting, by turn", "ThinkingTests.What_is_thought_is_told_to_who_asked_for_it"),
        new("reasoning_effort: none", "thinking", call => call.Settings.Thinking is { Kind: not "adaptive" }, Ignored, Held, "the CLI decides by itself", "SettingTests.A_message_says_how_it_is_to_be_made"),
        new("messages: assistant last", "messages: assistant last", call => call.Settings.Prefill is not null, Refused, Held, "End with the user's message, or give the gateway a key of the API's: only on the wire can an answer be begun", "SettingTests.A_beginning_of_an_answer_takes_the_wire"),
        new("service_tier", "service_tier", call => call.Settings.ServiceTier is not null, Ignored, Held, "the CLI cannot be told", "SettingTests.A_chat_completion_says_how_it_is_to_be_made"),
        new("messages: system after others", "messages: system after others", call => call.Settings.SystemNotes.Count > 0, Near, Near, "folded into the user's words, in place", "HistoryTests.A_note_of_the_system_in_the_middle_is_folded_in_place_and_the_conversation_stays_the_same"),
        new("response_format", "output_config.format", call => call.OutputSchema is not null, Held, Held, "the CLI's own structured output", "ToolTests.A_schema_is_answered_with_an_object_that_fits_it"),
        new("image_url", "image", call => call.Has<UserImage>(), Held, Held, "sent as they are", "ClientShapeTests.Pictures_and_files_reach_the_model_as_what_they_are"),
        new("image_url: an address", "image: an address", call => call.Has<UserImageAddress>(), Held, Held, "the API fetches it", "ClientShapeTests.Pictures_and_files_reach_the_model_as_what_they_are"),
        new("file", "document", call => call.Has<UserDocument>() || call.Has<UserDocumentAddress>(), Held, Held, "sent as they are", "ClientShapeTests.Pictures_and_files_reach_the_model_as_what_they_are"),
        new("include: reasoning.encrypted_content", null, call => call.Settings.KeepsThinking, Ignored, Ignored, "a process keeps what it thought for itself", "ThinkingTests.What_was_thought_goes_on_with_a_client_that_keeps_it"),
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
