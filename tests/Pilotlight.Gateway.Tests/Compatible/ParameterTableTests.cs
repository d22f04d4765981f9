using System.Text;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.OpenAi;
using Pilotlight.Testing;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary><c>docs/parameters.md</c> says what the code does.</summary>
public sealed class ParameterTableTests
{
    private const string OfEveryRow = "ParameterRouteTests.A_row_of_the_table_is_served_as_it_says";

    // By the row's name: tests of its own. One more tries every row on every route.
    private static readonly Dictionary<string, string[]> s_tests = new(StringComparer.Ordinal)
    {
        ["temperature"] =
        [
            "RouteTests.Through_the_cli_what_it_cannot_be_told_is_set_on_the_wire",
            "SettingTests.What_only_tunes_is_left_aside_by_name_and_a_strict_gateway_refuses_it",
        ],
        ["top_p"] = ["SettingTests.A_chat_completion_says_how_it_is_to_be_made"],
        ["top_k"] = ["RouteTests.Through_the_cli_what_it_cannot_be_told_is_set_on_the_wire"],
        ["stop"] =
        [
            "CliAloneTests.An_answer_ends_before_a_stop_sequence_which_is_named",
            "CliAloneTests.OpenAIs_stop_ends_an_answer_the_same_way",
        ],
        ["max_completion_tokens"] = ["OpenAiTests.An_answer_longer_than_the_limit_says_so"],
        ["tool_choice"] = ["CliAloneTests.A_tool_that_must_be_called_is_the_only_one_that_is_offered_and_one_call_at_a_time_is_told"],
        ["tool_choice: none"] = ["ToolReadingTests.A_choice_is_read"],
        ["parallel_tool_calls"] = ["CliAloneTests.A_tool_that_must_be_called_is_the_only_one_that_is_offered_and_one_call_at_a_time_is_told"],
        ["tools.strict"] = ["ToolReadingTests.What_Claude_Code_says_of_its_tools_is_read"],
        ["reasoning_effort"] = ["ThinkingTests.What_is_thought_is_told_to_who_asked_for_it"],
        ["reasoning_effort: none"] = ["SettingTests.A_message_says_how_it_is_to_be_made"],
        ["messages: assistant last"] = ["SettingTests.A_beginning_of_an_answer_takes_the_wire"],
        ["service_tier"] = ["SettingTests.A_chat_completion_says_how_it_is_to_be_made"],
        ["messages: system after others"] = ["HistoryTests.A_note_of_the_system_in_the_middle_is_folded_in_place_and_the_conversation_stays_the_same"],
        ["response_format"] = ["ToolTests.A_schema_is_answered_with_an_object_that_fits_it"],
        ["image_url"] = ["ClientShapeTests.Pictures_and_files_reach_the_model_as_what_they_are"],
        ["image_url: an address"] = ["ClientShapeTests.Pictures_and_files_reach_the_model_as_what_they_are"],
        ["file"] = ["ClientShapeTests.Pictures_and_files_reach_the_model_as_what_they_are"],
        ["include: reasoning.encrypted_content"] = ["ThinkingTests.What_was_thought_goes_on_with_a_client_that_keeps_it"],
    };

    [Fact]
    public async Task The_table_of_parameters_is_what_the_code_does() =>
        Assert.Null(await Repository.CheckAsync("docs/parameters.md", Table(), TestContext.Current.CancellationToken));

    [Fact]
    public void Every_row_names_tests_and_each_of_them_is_there()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("node_modules", StringComparison.Ordinal)).ToLookup(Path.GetFileNameWithoutExtension, File.ReadAllText);

        Assert.Equal(SettingRoutes.Rows.Select(NameOf), s_tests.Keys);
        Assert.All(s_tests.Values, Assert.NotEmpty);
        foreach (var test in s_tests.Values.SelectMany(tests => tests).Append(OfEveryRow))
        {
            var (name, method) = (test.Split('.')[0], test.Split('.')[1]);
            Assert.True(sources[name].Any(source => source.Contains($" {method}(", StringComparison.Ordinal)), $"There is no test {test}.");
        }
    }

    private static string Table()
    {
        var table = new StringBuilder("""
            # Parameters

            How each parameter of the two compatible APIs is served. On the *direct* route a call goes to the API as it came, and all of it holds. What is
            left aside is named in the response's `x-pilotlight-ignored`, or refused where `Pilotlight:Compatible:Unsupported` is `Refuse`. Made by its
            test from the code; `ParameterRouteTests` sends every row on every route and looks at what reaches the API, and at the answer.

            | OpenAI | Anthropic | on the CLI alone | with the wire | how the CLI alone does it | tests of its own |
            | --- | --- | --- | --- | --- | --- |

            """);
        foreach (var row in SettingRoutes.Rows)
        {
            table.Append("| ").Append(Code(row.OpenAi)).Append(" | ").Append(Code(row.Anthropic)).Append(" | ").Append(Word(row.Cli)).Append(" | ")
                .Append(Word(row.Wire)).Append(" | ").Append(row.How).Append(" | ").AppendJoin(", ", s_tests[NameOf(row)].Select(Code)).Append(" |\n");
        }

        table.Append("\nWhat the model lets see of its thinking is told to who asks for it: as `reasoning_content` beside the text where `reasoning_effort` or `thinking` is set, as thinking blocks where")
            .Append(" `thinking` is, as reasoning items of [responses](responses.md). Blocks that come through the CLI have no signature, and thinking in a history is told to the API on the direct route alone.\n");
        table.Append("\nWithout a counterpart on either, and left aside: ")
            .AppendJoin(", ", ChatCompletionParameters.Rules.Tuning.Keys.Concat(MessagesParameters.Rules.Tuning.Keys).Select(Code))
            .Append(". What nobody knows is left aside as well, and fails no call.\n\nRefused, since the answer would not be what was asked for:\n\n");
        foreach (var (name, essential) in ChatCompletionParameters.Rules.Essential.Concat(MessagesParameters.Rules.Essential))
        {
            table.Append("- ").Append(Code(name)).Append(": ").Append(essential.NextStep).Append('\n');
        }

        return table.ToString();
    }

    private static string NameOf(SettingRow row) => row.Name("openai");

    private static string Code(string? name) => name is null ? "" : $"`{name}`";

    private static string Word(Served served) => served switch
    {
        Served.Held => "held",
        Served.Near => "nearly",
        Served.Ignored => "left aside",
        _ => "refused",
    };
}
