using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>The clients that people's programs use, pinned from npm, against the gateway on each route; what came of it is <c>docs/clients.md</c>.</summary>
public sealed class ClientSuiteTests() : EndToEndTest(TimeSpan.FromMinutes(10))
{
    // By the names that the table has for them.
    private static readonly (string Route, string[] Arguments)[] s_routes =
    [
        ("direct", ["--Pilotlight:Wire:Direct=Auto"]),
        ("wire", ["--Pilotlight:Wire:Direct=Never"]),
        ("cli", ["--Pilotlight:Wire:Enabled=false"]),
    ];

    [Fact]
    public async Task Every_call_of_every_client_is_served_as_the_table_says()
    {
        AgentClients.Require();

        var routes = await Task.WhenAll(s_routes.Select(route => RunAsync(route.Route, route.Arguments)));

        Assert.All(routes, calls => Assert.True(calls.Count > 70, $"{calls.Count} calls were made."));
        var failed = routes.SelectMany(calls => calls).Where(call => call.Served == "no").Select(call => $"{call.Route}: {call.Client}, {call.Name}: {call.Fault}").ToArray();
        Assert.True(failed.Length == 0, string.Join('\n', failed));
        Assert.Null(await Repository.CheckAsync("docs/clients.md", Table(routes), Token));
    }

    private static string Table(List<Call>[] routes)
    {
        var table = new StringBuilder("""
            # Clients

            What the clients that people's programs use call, and how it is served: on the direct route, through the CLI with a key of the API's on the wire, and
            through the CLI alone, as with a sign-in. `tests/clients` makes the calls with the clients' own libraries, from npm, pinned; this table is made by its test
            and held by it. Turns of threads, responses and front ends among them, are the CLI's on every route, but for responses that are not stored. How each
            parameter is served on each route: [parameters.md](parameters.md).

            | client | call | direct | CLI and wire | CLI alone |
            | --- | --- | --- | --- | --- |

            """);
        foreach (var (first, at) in routes[0].Select((call, at) => (call, at)))
        {
            table.Append("| ").Append(first.Client).Append(" | ").Append(first.Name).Append(" | ").AppendJoin(" | ", routes.Select(calls => calls[at].Served)).Append(" |\n");
        }

        return table.ToString();
    }

    private async Task<List<Call>> RunAsync(string route, string[] arguments)
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        var folder = Directory.CreateDirectory(Path.Combine(Data, route)).FullName;
        await using var gateway = await GatewayProcess.StartAsync(
            Path.Combine(folder, "data"), Token,
            new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-not-a-real-key", ["ANTHROPIC_BASE_URL"] = Address(simulator.BaseAddress) }, arguments);

        List<Call> calls = [.. await RunSuiteAsync(route, gateway.Http.BaseAddress!, simulator.BaseAddress)];
        var prefix = route == "direct" ? "" : AgentClients.CliPrefix;
        calls.Add(await TryAsync(route, "@openai/codex 0.169", () => AgentClients.RunCodexAsync(simulator, gateway.Http.BaseAddress!, "pl_none", Folder("codex"), Token, prefix)));
        simulator.Clear();
        calls.Add(await TryAsync(route, "Claude Code", () => AgentClients.RunClaudeCodeAsync(simulator, gateway.Http.BaseAddress!, "pl_none", Folder("claude"), Token, prefix)));
        return calls;

        string Folder(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
    }

    private static async Task<Call> TryAsync(string route, string client, Func<Task> run)
    {
        try
        {
            await run();
            return new Call(route, client, "a task of two tools", "yes", null);
        }
        catch (InvalidOperationException fault)
        {
            return new Call(route, client, "a task of two tools", "no", fault.Message);
        }
    }

    private async Task<IEnumerable<Call>> RunSuiteAsync(string route, Uri gateway, Uri simulator)
    {
        var start = new ProcessStartInfo("node", ["suite.mjs"]) { WorkingDirectory = AgentClients.Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["GATEWAY"], start.Environment["SIMULATOR"], start.Environment["ROUTE"]) = (Address(gateway), Address(simulator), route);
        using var process = Process.Start(start)!;
        try
        {
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(Token), process.StandardError.ReadToEndAsync(Token));
            await process.WaitForExitAsync(Token);
            Assert.True(process.ExitCode == 0, await errors);
            return (await output).Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonElement.Parse(line))
                .Select(call => new Call(route, Text(call, "client")!, Text(call, "call")!, Text(call, "served")!, Text(call, "fault")));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Address(Uri address) => address.ToString().TrimEnd('/');

    private static string? Text(JsonElement call, string name) => call.GetProperty(name).GetString();

    private sealed record Call(string Route, string Client, string Name, string Served, string? Fault);
}
