namespace Pilotlight.Peers;

/// <summary>Ours and the Agent SDK's after the same silence, and when several come at once: each with as many processes made ready as come.</summary>
internal static class Moments
{
    /// <summary>Conversations and processes that wait side by side, a set for each silence, asked in turn when it is over.</summary>
    public static async Task<IReadOnlyList<Contestant>> SilencesAsync(CliUnderTest machine, AgentSdk sdk, IReadOnlyList<TimeSpan> pauses, int runs, Action<string> progress)
    {
        var all = new List<Contestant>();
        var prepared = new Queue<(Func<Task<double>> Startup, Func<Task<double>> Session, Func<Task<double>> Hot)>();

        // Room for exactly those that wait: a process that was taken is not replaced by one that has not waited.
        var count = runs * pauses.Count;
        await using var ours = await PilotlightPeer.StartAsync(machine, count, 2 * count);
        for (var at = 0; at < count; at++)
        {
            progress($"silences: made ready {at + 1} of {count}");
            prepared.Enqueue((await sdk.PrepareAsync("startup"), await sdk.PrepareAsync("session"), await ours.PrepareHotAsync()));
        }

        var waited = TimeSpan.Zero;
        foreach (var pause in pauses.Order())
        {
            progress($"a silence of {pause.TotalMinutes:0.#} min");
            await Task.Delay(pause - waited);
            waited = pause;
            Contestant[] rows =
            [
                Row("SDK startup", "startup(), then query()"), Row("Pilotlight warm", "a new conversation on a process that was parked for so long"),
                Row("SDK session", "the next message of a streaming session"), Row("Pilotlight hot", "the next turn of a conversation"),
            ];
            for (var run = 0; run < runs; run++)
            {
                var (startup, session, hot) = prepared.Dequeue();
                foreach (var (row, ask) in rows.Zip([startup, ours.ParkedAsync, session, hot]))
                {
                    row.Milliseconds.Add(await ask());
                    await Task.Delay(TimeSpan.FromSeconds(1)); // What the last one does after its answer is over.
                }
            }

            all.AddRange(rows);

            Contestant Row(string name, string explanation) => new($"{name}, {pause.TotalMinutes:0.#} min", name.StartsWith("SDK", StringComparison.Ordinal) ? "other" : "warm", explanation, () => throw new NotSupportedException());
        }

        return all;
    }

    /// <summary>Some that come at the same moment: the first of them that hears something, and the last.</summary>
    public static async Task<IReadOnlyList<Contestant>> BurstsAsync(CliUnderTest machine, AgentSdk sdk, int size, int runs, Action<string> progress)
    {
        Contestant[] rows = [.. Rows("SDK query", "query(), with nothing made ready"), .. Rows("SDK startup", "startup() for each ahead, then query()"), .. Rows("Pilotlight warm", "a process parked for each")];
        await using var ours = await PilotlightPeer.StartAsync(machine, size);
        for (var run = 0; run <= runs; run++)
        {
            progress($"{size} at once, round {run} of {runs}");
            await AskAsync(0, await PrepareAsync("query"));
            await AskAsync(2, await PrepareAsync("startup"));
            await ours.ReadyAsync();
            await AskAsync(4, [.. Enumerable.Repeat(ours.ParkedAsync, size)]);

            async Task AskAsync(int row, Func<Task<double>>[] asks)
            {
                await Task.Delay(TimeSpan.FromSeconds(2));
                var took = await Task.WhenAll(asks.Select(ask => ask()));
                if (run > 0)
                {
                    rows[row].Milliseconds.Add(took.Min());
                    rows[row + 1].Milliseconds.Add(took.Max());
                }
            }
        }

        return rows;

        async Task<Func<Task<double>>[]> PrepareAsync(string way)
        {
            var asks = new List<Func<Task<double>>>();
            for (var at = 0; at < size; at++)
            {
                asks.Add(await sdk.PrepareAsync(way));
            }

            return [.. asks];
        }

        IEnumerable<Contestant> Rows(string name, string explanation) => new[] { "first", "last" }.Select(which =>
            new Contestant($"{name}, {size} at once, {which}", name.StartsWith("SDK", StringComparison.Ordinal) ? "other" : "warm", explanation, () => throw new NotSupportedException()));
    }
}
