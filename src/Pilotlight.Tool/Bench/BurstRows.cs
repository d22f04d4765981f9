namespace Pilotlight.Tool.Bench;

/// <summary>New conversations that begin at the same moment on a gateway with its settings as shipped: the first and the last of them to hear something.</summary>
internal sealed class BurstRows(IEnumerable<int> sizes)
{
    private readonly (int Size, bool IsExpected, Series First, Series Last)[] _bursts =
    [
        .. sizes.SelectMany(size => new[] { false, true }.Select(isExpected => (
            size,
            isExpected,
            new Series($"{Name(size, isExpected)}, first", WayKind.Warm, $"{size} new threads begin at the same moment{(isExpected ? ", whose clients had told that they come" : "")}; the first that hears something"),
            new Series($"{Name(size, isExpected)}, last", WayKind.Cold, "the last of them")))),
    ];

    public IEnumerable<Series> Series => _bursts.SelectMany(burst => new[] { burst.First, burst.Last });

    public async Task RunAsync(string cli, int runs, Action<string> progress, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-bench-");
        await using (var server = await ServeProcess.StartAsync(folder.FullName, cli, new Dictionary<string, string>(), ["--simulate"], cancellationToken))
        {
            for (var run = 0; run <= runs; run++)
            {
                foreach (var (size, isExpected, first, last) in _bursts)
                {
                    progress($"{Name(size, isExpected)}, round {run} of {runs}");
                    for (var announced = 0; isExpected && announced < size; announced++)
                    {
                        await server.Client.ExpectAsync(cancellationToken: cancellationToken);
                    }

                    await server.ReadyAsync(cancellationToken);
                    var samples = await BurstAsync(server, size, cancellationToken);
                    if (run > 0)
                    {
                        first.Samples.Add(samples.MinBy(sample => sample.FirstTokenMs));
                        last.Samples.Add(samples.MaxBy(sample => sample.FirstTokenMs));
                    }
                }
            }
        }

        folder.Delete(recursive: true);
    }

    private static string Name(int size, bool isExpected) => $"{size} at once{(isExpected ? ", expected" : "")}";

    private static async Task<Sample[]> BurstAsync(ServeProcess server, int size, CancellationToken cancellationToken)
    {
        var threads = new List<string>();
        for (var i = 0; i < size; i++)
        {
            threads.Add((await server.Client.CreateThreadAsync(cancellationToken: cancellationToken)).Id);
        }

        var samples = await Task.WhenAll(threads.Select(thread => BenchRig.TurnAsync(server.Client, thread, Benchmark.Question, null, cancellationToken)));
        foreach (var thread in threads)
        {
            await server.Client.DeleteThreadAsync(thread, cancellationToken);
        }

        return samples;
    }
}
