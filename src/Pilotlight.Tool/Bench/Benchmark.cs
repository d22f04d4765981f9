namespace Pilotlight.Tool.Bench;

/// <summary>Measures the wait for an answer on this machine's CLI, each way in turn within a round, so that drift hits all alike.</summary>
internal sealed class Benchmark
{
    /// <summary>What is asked every time.</summary>
    public const string Question = "Say something short.";

    /// <summary>What a new thread on a parked process is called.</summary>
    public const string WarmName = "warm";

    private readonly BenchRig _rig;
    private readonly List<(Series Series, Func<CancellationToken, Task<Sample>> RunAsync)> _ways;
    private string _last = "";

    public Benchmark(BenchRig rig)
    {
        _rig = rig;
        _ways =
        [
            (new("claude -p", WayKind.Cold, "a process for the message, prompt on stdin: what most wrappers do"), token => _rig.Print.RunAsync(Question, token)),
            (new("cold", WayKind.Cold, "a gateway without a pool"), ColdAsync),
            (new("stored 20", WayKind.Stored, "a thread of 20 stored turns on a parked process"), token => StoredAsync(20, token)),
            (new("stored 200", WayKind.Stored, "a thread of 200 stored turns on a parked process"), token => StoredAsync(200, token)),
            (new("stored 5", WayKind.Stored, "a thread of 5 stored turns on a parked process"), token => StoredAsync(5, token)),
            (new("stored 20, ahead", WayKind.Warm, "the same 20 turns, made ready by /warm while the user typed"), AheadAsync),
            (new(WarmName, WayKind.Warm, "a new thread on a parked process"), WarmAsync),
            (new("hot", WayKind.Hot, "the next turn of that thread"), HotAsync),
        ];
        if (rig.Http is { } http)
        {
            _ways.Add((new("HTTP", WayKind.Floor, "the simulated API by plain HTTP: the floor"), token => http.RunAsync(Question, token)));
        }
    }

    public IReadOnlyList<Series> Series => [.. _ways.Select(way => way.Series)];

    /// <summary>Real turns that a number of rounds takes, the uncounted first one included.</summary>
    public static int CountTurns(int runs) => (runs + 1) * 8;

    /// <summary>Runs them; <paramref name="progress"/> hears before each step what it is.</summary>
    public async Task RunAsync(int runs, Action<int, string> progress, CancellationToken cancellationToken)
    {
        for (var run = 0; run <= runs; run++)
        {
            // The first round warms caches of all kinds, on every side, and is not counted.
            var isCounted = run > 0;
            progress(run, "process start");
            await _rig.ReadyAsync(cancellationToken);
            await _rig.Probe.StartAsync(isCounted, cancellationToken);
            foreach (var (series, runAsync) in _ways)
            {
                progress(run, series.Name);
                var sample = await runAsync(cancellationToken);
                if (isCounted)
                {
                    series.Samples.Add(sample);
                }
            }

            if (isCounted)
            {
                _rig.Probe.Weigh(_rig.Pool.GetSnapshot());
            }

            await _rig.ForgetAsync(_last);
        }
    }

    private async Task<Sample> ColdAsync(CancellationToken cancellationToken)
    {
        var thread = (await _rig.BareClient.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
        return await BenchRig.TurnAsync(_rig.BareClient, thread, Question, "cold", cancellationToken);
    }

    private async Task<Sample> StoredAsync(int turns, CancellationToken cancellationToken)
    {
        var thread = await _rig.Stored.CreateAsync(turns, cancellationToken);
        await _rig.ReadyAsync(cancellationToken);
        var sample = await BenchRig.TurnAsync(_rig.Client, thread, Question, "warm", cancellationToken);
        await _rig.ForgetAsync(thread);
        return sample;
    }

    private async Task<Sample> AheadAsync(CancellationToken cancellationToken)
    {
        var thread = await _rig.Stored.CreateAsync(20, cancellationToken);
        await _rig.ReadyAsync(cancellationToken);
        await _rig.MakeReadyAsync(thread, cancellationToken);
        var sample = await BenchRig.TurnAsync(_rig.Client, thread, Question, "warm", cancellationToken);
        await _rig.ForgetAsync(thread);
        return sample;
    }

    private async Task<Sample> WarmAsync(CancellationToken cancellationToken)
    {
        _last = (await _rig.Client.CreateThreadAsync(cancellationToken: cancellationToken)).Id;
        await _rig.ReadyAsync(cancellationToken);
        return await BenchRig.TurnAsync(_rig.Client, _last, Question, "warm", cancellationToken);
    }

    private async Task<Sample> HotAsync(CancellationToken cancellationToken)
    {
        await _rig.ReadyAsync(cancellationToken);
        return await BenchRig.TurnAsync(_rig.Client, _last, Question, "hot", cancellationToken);
    }
}
