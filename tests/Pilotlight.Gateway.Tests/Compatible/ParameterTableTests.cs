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

    [Fact]
    public async Task The_table_of_parameters_is_what_the_code_does() =>
        Assert.Null(await Repository.CheckAsync("docs/parameters.md", Table(), TestContext.Current.CancellationToken));

    [Fact]
    public void Every_row_names_tests_and_each_of_them_is_there()
    {
        var sources = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("node_modules", StringComparison.Ordinal)).ToLookup(Path.GetFileNameWithoutExtension, File.ReadAllText);

        Assert.All(SettingRoutes.Rows, row => Assert.NotEmpty(row.Tests));
        foreach (var test in SettingRoutes.Rows.SelectMany(row => row.Tests).Append(OfEveryRow))
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
                .Append(Word(row.Wire)).Append(" | ").Append(row.How).Append(" | ").AppendJoin(", ", row.Tests.Select(Code)).Append(" |\n");
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

    private static string Code(string? name) => name is null ? "" : $"`{name}`";

    private static string Word(Served served) => served switch
    {
        Served.Held => "held",
        Served.Near => "nearly",
        Served.Ignored => "left aside",
        _ => "refused",
    };
}
