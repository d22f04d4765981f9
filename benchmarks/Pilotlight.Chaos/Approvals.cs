using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>Calls that wait for a person, while clients leave, turns are cancelled, answers come twice, and the server is stopped and killed.</summary>
/// <remarks>How often a tool ran is told from the file that it writes, a line each time.</remarks>
internal static class Approvals
{
    private const int Clients = 8;

    // Asked between one end of the server and the next: a kill before anything was asked would try nothing.
    private const int Round = 12;

    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(60);

    /// <param name="runs">How many approvals.</param>
    /// <param name="isPostgres">Whether on a PostgreSQL of its own, rather than on SQLite.</param>
    /// <param name="limit">When to stop early.</param>
    /// <returns>0 when no tool ran without a yes or twice, every tool with a yes ran unless its turn was broken off, and no wait was lost.</returns>
    public static async Task<int> RunAsync(int runs, bool isPostgres, TimeLimit limit)
    {
        await using var cluster = isPostgres ? await PostgreSqlCluster.StartAsync(CancellationToken.None) : null;
        await using var rig = await GatewayRig.CreateAsync(cluster is null ? null : await cluster.CreateDatabaseAsync(CancellationToken.None));
        var folder = Directory.CreateTempSubdirectory("pilotlight-approvals-");
        var cases = new ConcurrentBag<Case>();
        var random = new Random(20261129);
        var (kills, stops) = (0, 0);
        try
        {
            while (true)
            {
                var isLast = Asked() >= runs || limit.IsOver;
                await using var gateway = await rig.StartAsync(Settings(folder.FullName, random));
                if (isLast)
                {
                    await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = Clients }, (one, _) => FinishAsync(gateway, one));
                    break;
                }

                var open = new ConcurrentQueue<Case>(cases.Where(one => one is { Approval: not null, IsDecided: false }));
                using var over = new CancellationTokenSource();
                var clients = Enumerable.Range(0, Clients).Select(number => WorkAsync(gateway, new Random(random.Next() + number), open, NewCase, over.Token)).ToArray();
                var before = Asked();
                while (Asked() < before + Round && !clients.All(client => client.IsCompleted))
                {
                    await Task.Delay(20);
                }

                await Task.Delay(random.Next(0, 3000));
                if (random.Next(4) == 0)
                {
                    await over.CancelAsync();
                    await gateway.StopAsync(CancellationToken.None);
                    stops++;
                }
                else
                {
                    await gateway.KillAsync();
                    await over.CancelAsync();
                    kills++;
                }

                await Task.WhenAll(clients);
            }

            return Report(cases, kills, stops, isPostgres, limit);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        // One whose server ended before it asked is none.
        int Asked() => cases.Count(one => one.Approval is not null);

        Case? NewCase()
        {
            if (Asked() >= runs)
            {
                return null;
            }

            var one = new Case(Path.Combine(folder.FullName, Guid.NewGuid().ToString("N")));
            cases.Add(one);
            return one;
        }
    }

    private static string[] Settings(string folder, Random random) =>
    [
        "--Pilotlight:Pool:MinIdle=1", "--Pilotlight:Claude:Profiles:worker:Tools:0=Bash", "--Pilotlight:Claude:Profiles:worker:Approval=Ask",
        $"--Pilotlight:Claude:Profiles:worker:WorkingDirectory={folder}", $"--Pilotlight:Claude:Profiles:worker:ApprovalHold=00:00:0{random.Next(3)}",
    ];

    private static async Task WorkAsync(GatewayProcess gateway, Random random, ConcurrentQueue<Case> open, Func<Case?> next, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                if (!open.TryDequeue(out var one))
                {
                    one = next();
                    if (one is null)
                    {
                        return;
                    }

                    await AskAsync(gateway, one, over);
                }

                if (one.Approval is not null)
                {
                    await Task.Delay(random.Next(0, 1500), over);
                    await ActAsync(gateway, one, random, over);
                }
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException or OperationCanceledException or TimeoutException)
            {
                return; // The server was killed or stops: what became of the case is looked at later.
            }
        }
    }

    // Leaves as soon as it is asked: the turn waits without its client.
    private static async Task AskAsync(GatewayProcess gateway, Case one, CancellationToken over)
    {
        one.Thread = await gateway.CreateThreadAsync(over, new { profile = "worker" });
        await foreach (var item in gateway.TurnAsync(one.Thread, $$"""[[sim tool=Bash input={"command":"echo ran >> {{one.File}}"}]]""", over))
        {
            switch (item.Type)
            {
                case "turn.started":
                    one.Turn = item.Data.GetProperty("turnId").GetString();
                    break;
                case "approval.requested":
                    one.Approval = item.Data.GetProperty("approvalId").GetString();
                    return;
            }
        }
    }

    private static async Task ActAsync(GatewayProcess gateway, Case one, Random random, CancellationToken over)
    {
        switch (random.Next(10))
        {
            case < 5:
                one.IsYesSent = true;
                var answers = await Task.WhenAll(Enumerable.Range(0, random.Next(1, 4)).Select(_ => AnswerAsync(gateway, one, "allow", over)));
                one.Wins += answers.Count(status => status == HttpStatusCode.OK);
                one.IsYes |= answers.Contains(HttpStatusCode.OK);
                break;
            case < 7:
                one.IsNo |= await AnswerAsync(gateway, one, "deny", over) == HttpStatusCode.OK;
                one.Wins += one.IsNo ? 1 : 0;
                break;
            case < 8:
                one.IsCancelSent = true;
                using (await gateway.Http.PostAsync($"/api/threads/{one.Thread}/turns/{one.Turn}/cancel", null, over))
                {
                }

                break;
            case < 9:
                one.IsCancelSent = true;
                using (await gateway.Http.DeleteAsync($"/api/threads/{one.Thread}", over))
                {
                }

                break;
            default:
                return; // Nobody answers yet.
        }

        one.IsDecided = true;
    }

    private static async Task<HttpStatusCode> AnswerAsync(GatewayProcess gateway, Case one, string decision, CancellationToken cancellationToken)
    {
        using var response = await gateway.Http.PostAsJsonAsync($"/api/threads/{one.Thread}/approvals/{one.Approval}", new { decision }, cancellationToken);
        return response.StatusCode;
    }

    // The last server says what became of it; what waits still is answered with a yes.
    private static async ValueTask FinishAsync(GatewayProcess gateway, Case one)
    {
        if (one.Thread is null || one.Approval is null || one.Turn is null)
        {
            return;
        }

        using var settled = new CancellationTokenSource(SettleLimit);
        using var listed = await gateway.Http.GetAsync($"/api/threads/{one.Thread}/approvals", settled.Token);
        if (listed.StatusCode == HttpStatusCode.NotFound)
        {
            one.End = "deleted";
            return;
        }

        var items = (await listed.Content.ReadFromJsonAsync<JsonElement>(settled.Token)).GetProperty("items");
        if (items.EnumerateArray().Any(item => item.GetProperty("state").GetString() == "pending"))
        {
            one.IsYesSent = true;
            one.IsYes |= await AnswerAsync(gateway, one, "allow", settled.Token) == HttpStatusCode.OK;
            one.Wins += one.IsYes ? 1 : 0;
        }

        one.End = (await gateway.JoinAsync(one.Thread, one.Turn, 0, settled.Token).LastAsync(settled.Token)).Type;
    }

    private static int Report(IEnumerable<Case> all, int kills, int stops, bool isPostgres, TimeLimit limit)
    {
        var cases = all.Where(one => one.Approval is not null).ToArray();
        var without = cases.Count(one => one.Ran > 0 && !one.IsYesSent);
        var twice = cases.Count(one => one.Ran > 1);
        var decidedTwice = cases.Count(one => one.Wins > 1);

        // A turn that is broken off after the yes is told so; one that has its yes and an end of its own must have run.
        var unrun = cases.Count(one => one is { IsYes: true, Ran: 0, End: "turn.completed" });
        var lost = cases.Count(one => one.End is null || (one.End == "turn.failed" && !one.IsYesSent && !one.IsNo && !one.IsCancelSent));
        Console.WriteLine(
            $"{cases.Length} approvals on {(isPostgres ? "PostgreSQL" : "SQLite")} with {kills} kills and {stops} stops in {limit.Elapsed.TotalSeconds:0} s: {cases.Count(one => one.Ran > 0)} tools ran, "
            + $"{without} without a yes, {twice} twice, {decidedTwice} decided twice, {unrun} allowed and not run, {lost} waits lost; "
            + $"ends: {string.Join(", ", cases.CountBy(one => one.End ?? "none").OrderBy(end => end.Key, StringComparer.Ordinal).Select(end => $"{end.Value} {end.Key}"))}");
        return without + twice + decidedTwice + unrun + lost == 0 && cases.Length > 0 ? 0 : 1;
    }

    private sealed class Case(string file)
    {
        public string File => file;

        public string? Thread { get; set; }

        public string? Turn { get; set; }

        public string? Approval { get; set; }

        public bool IsDecided { get; set; }

        public bool IsYesSent { get; set; }

        public bool IsYes { get; set; }

        public bool IsNo { get; set; }

        public bool IsCancelSent { get; set; }

        public int Wins { get; set; }

        public string? End { get; set; }

        public int Ran => System.IO.File.Exists(file) ? System.IO.File.ReadAllLines(file).Length : 0;
    }
}
