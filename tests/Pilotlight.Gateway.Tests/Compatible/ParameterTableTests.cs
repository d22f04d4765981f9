using System.Text;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.OpenAi;
using Pilotlight.Testing;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary><c>docs/parameters.md</c> says what the code does.</summary>
public sealed class ParameterTableTests
{
    [Fact]
    public async Task The_table_of_parameters_is_what_the_code_does() =>
        Assert.Null(await Repository.CheckAsync("docs/parameters.md", Table(), TestContext.Current.CancellationToken));

    private static string Table()
    {
        var table = new StringBuilder("""
            # Parameters

            How each parameter of the two compatible APIs is served. On the *direct* route a call goes to the API as it came, and all of it holds. What is
            left aside is named in the response's `x-pilotlight-ignored`, or refused where `Pilotlight:Compatible:Unsupported` is `Refuse`. Made by its
            test from the code.

            | OpenAI | Anthropic | on the CLI alone | with the wire | how the CLI alone does it |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var row in SettingRoutes.Rows)
        {
            table.Append("| ").Append(Code(row.OpenAi)).Append(" | ").Append(Code(row.Anthropic)).Append(" | ").Append(Word(row.Cli)).Append(" | ")
                .Append(Word(row.Wire)).Append(" | ").Append(row.How).Append(" |\n");
        }

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
