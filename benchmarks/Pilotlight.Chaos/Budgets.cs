using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Agent turns of many calls, all at once, against one budget that is enough for a part of them.</summary>
internal static class Budgets
{
    private const int Calls = 20;
    private const int OutputTokens = 10;
    private const string Mark = "budget";

    /// <returns>0 when the budget was not overdrawn, and every turn ended as done or as refused, none with a call after its refusal.</returns>
    public static async Task<int> RunAsync(int turns, bool isPostgres, TimeLimit limit)
    {
        await using var cluster = isPostgres ? await PostgreSqlCluster.StartAsync(CancellationToken.None) : null;
        await using var rig = await GatewayRig.CreateAsync(cluster is null ? null : await cluster.CreateDatabaseAsync(CancellationToken.None));
        Script(rig.Simulator);
        await using var gateway = await rig.StartAsync(
            $"--Pilotlight:Pool:MaxProcesses={turns + 2}", "--Pilotlight:Pool:AcquireTimeout=00:10:00", "--Pilotlight:Limits:ReservedOutputTokens=100",
            "--Pilotlight:Claude:Profiles:agent:Tools:0=Bash", "--Pilotlight:Claude:Profiles:agent:AllowedTools:0=Bash");

        // The first key is an admin's; the one with the budget is another.
        var admin = await KeyAsync(gateway, new { name = "admin", isAdmin = true });
        Use(gateway, admin);
        await TurnAsync(gateway, 0);
        var ofOne = Told(rig.Simulator);
        var cap = turns * ofOne / 3;
        Use(gateway, await KeyAsync(gateway, new { name = "agents", limits = new { tokensPerDay = cap } }));
        var ends = await Task.WhenAll(Enumerable.Range(0, turns).Select(at => TurnAsync(gateway, at)));
        Use(gateway, admin);

        var (told, calls) = (Told(rig.Simulator) - ofOne, rig.Simulator.Told.Count - Calls);
        var total = (await gateway.GetAsync("/api/usage", CancellationToken.None)).GetProperty("total");
        var booked = total.GetProperty("inputTokens").GetInt64() + total.GetProperty("outputTokens").GetInt64() - ofOne;
        var (done, refused) = (ends.Count(end => end == "turn.completed"), ends.Count(end => end.EndsWith("budget-exceeded", StringComparison.Ordinal)));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{(isPostgres ? "PostgreSQL" : "SQLite")}: {turns} turns of {Calls} calls at once, budget {cap} tokens: {calls} calls, told {told}, booked {booked}, overshoot {Math.Max(0, booked - cap)}, {done} done, {refused} ended at the budget, {turns - done - refused} otherwise, {limit.Elapsed.TotalSeconds:0} s"));
        foreach (var other in ends.Where(end => end is not "turn.completed" && !end.EndsWith("budget-exceeded", StringComparison.Ordinal)).Distinct())
        {
            Console.WriteLine($"  {other}");
        }

        return booked <= cap && told == booked && done + refused == turns && refused > 0 ? 0 : 1;
    }

    // A tool's call, so often; then an answer. The rule added last is asked first.
    private static void Script(SimulatorServer simulator)
    {
        simulator.When(IsOurs, Scenario.Words(OutputTokens));
        simulator.When(
            request => IsOurs(request) && request.Messages.Count < Calls * 2 - 1,
            Scenario.ToolUse("Bash", """{"command":"true","description":"nothing"}"""));
    }

    private static long Told(SimulatorServer simulator) => simulator.Told.Sum(one => (long)one.InputTokens + one.OutputTokens);

    private static bool IsOurs(RecordedRequest request) =>
        request.IsMessage && request.Messages.Any(message => message.Text.Contains(Mark, StringComparison.Ordinal));

    private static void Use(GatewayProcess gateway, string key) => gateway.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

    private static async Task<string> KeyAsync(GatewayProcess gateway, object wanted)
    {
        using var response = await gateway.Http.PostAsJsonAsync("/api/keys", wanted);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
    }

    private static async Task<string> TurnAsync(GatewayProcess gateway, int at)
    {
        var thread = await gateway.CreateThreadAsync(CancellationToken.None, new { profile = "agent" });
        try
        {
            var end = await gateway.TurnAsync(thread, $"{Mark} {at}", CancellationToken.None).LastAsync();
            return end.Type == "turn.failed" ? $"{end.Type} {end.Data.GetProperty("problem").GetProperty("type").GetString()}" : end.Type;
        }
        catch (HttpRequestException refused) when (refused.StatusCode is { } status)
        {
            return $"{(int)status} budget-exceeded";
        }
    }
}
