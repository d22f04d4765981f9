namespace Pilotlight.Tool.Bench;

/// <summary>The first turn of a server that has just started, and the one after it.</summary>
internal sealed class StartRows(string cli)
{
    public Series First { get; } = new("a server's first", WayKind.Warm, "the first turn after the start of 'serve', a new thread on a parked process");

    public Series Second { get; } = new("its second", WayKind.Warm, "the next new thread of that server");

    public async Task RunAsync(int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        for (var run = 1; run <= runs; run++)
        {
            progress($"a server's first turn, {run} of {runs}");
            var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");
            await using (var server = await ServeProcess.StartAsync(folder.FullName, cli, new Dictionary<string, string>(), ["--simulate"], cancellationToken))
            {
                foreach (var series in new[] { First, Second })
                {
                    await server.ReadyAsync(cancellationToken);
                    var thread = (await server.Client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
                    series.Samples.Add(await BenchRig.TurnAsync(server.Client, thread, Benchmark.Question, "warm", cancellationToken));
                }
            }

            folder.Delete(recursive: true);
        }
    }
}
