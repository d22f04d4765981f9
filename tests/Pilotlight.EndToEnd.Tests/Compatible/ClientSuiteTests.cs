using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The clients that people's programs use, pinned from npm, against the gateway; what came of it is <c>docs/clients.md</c>.</summary>
public sealed class ClientSuiteTests : EndToEndTest
{
    private static readonly string s_folder = Path.Combine(Repository.Root, "tests", "clients");

    [Fact]
    public async Task Every_call_of_every_client_is_served_as_the_table_says()
    {
        Assert.SkipUnless(Directory.Exists(Path.Combine(s_folder, "node_modules")), "The clients are not installed: run 'npm ci --ignore-scripts' in tests/clients, as test.sh does.");
        await using var gateway = await GatewayProcess.StartAsync(Data, Token, null, "--simulate");

        var (lines, errors) = await RunAsync(gateway.Http.BaseAddress!);

        var calls = lines.Where(line => line.StartsWith('{')).Select(line => JsonElement.Parse(line)).ToArray();
        Assert.True(calls.Length > 60, $"{calls.Length} calls were made. {errors}");
        var failed = calls.Where(call => Text(call, "served") == "no").Select(call => $"{Text(call, "client")}, {Text(call, "call")}: {Text(call, "fault")}").ToArray();
        Assert.True(failed.Length == 0, string.Join('\n', failed));
        Assert.Null(await Repository.CheckAsync("docs/clients.md", Table(calls), Token));
    }

    private static string Table(JsonElement[] calls)
    {
        var table = new StringBuilder("""
            # Clients

            What the clients that people's programs use call, and how it is served through the CLI, with a key of the API's on the wire. `tests/clients` makes the calls with the
            clients' own libraries, from npm, pinned; this table is made by its test and held by it. How each parameter is served on each route:
            [parameters.md](parameters.md).

            | client | call | route | served |
            | --- | --- | --- | --- |

            """);
        foreach (var call in calls)
        {
            table.Append("| ").Append(Text(call, "client")).Append(" | ").Append(Text(call, "call")).Append(" | ").Append(Text(call, "route"))
                .Append(" | ").Append(Text(call, "served")).Append(" |\n");
        }

        return table.ToString();
    }

    private static string? Text(JsonElement call, string name) => call.GetProperty(name).GetString();

    private async Task<(string[] Lines, string Errors)> RunAsync(Uri gateway)
    {
        var start = new ProcessStartInfo("node", ["suite.mjs"]) { WorkingDirectory = s_folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GATEWAY"] = gateway.ToString().TrimEnd('/');
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
            await process.WaitForExitAsync(Token);
            return ((await output).Split('\n'), await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
