namespace Pilotlight.Processes.Tests;

/// <summary>Profiles of real child processes.</summary>
internal static class Children
{
    private static readonly Dictionary<string, string> Environment = new() { ["PATH"] = "/usr/bin:/bin" };

    /// <summary>Echoes what it is told, and ends with its stdin.</summary>
    public static ProcessProfile Echo(string name = "echo") => Program("/bin/cat", name);

    /// <summary>A shell script.</summary>
    public static ProcessProfile Script(
        string script, string name = "script", Func<ChildProcess, CancellationToken, ValueTask>? warmUp = null) => new()
    {
        Name = name,
        FileName = "/bin/sh",
        Arguments = ["-c", script],
        Environment = Environment,
        WarmUp = warmUp,
    };

    public static ProcessProfile Program(string path, string name) =>
        new() { Name = name, FileName = path, Environment = Environment };

    /// <summary>Reads the line that says that it is ready.</summary>
    public static async ValueTask ReadLineAsync(ChildProcess process, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await process.Output.ReadAsync(cancellationToken);
            if (System.Buffers.BuffersExtensions.PositionOf(read.Buffer, (byte)'\n') is { } end)
            {
                process.Output.AdvanceTo(read.Buffer.GetPosition(1, end));
                return;
            }

            process.Output.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw new IOException("It ended before it was ready.");
            }
        }
    }

    /// <summary>
    /// Says a line and returns what is answered: as long as the line, or <paramref name="answer"/> and its end.
    /// </summary>
    public static async Task<string> EchoAsync(
        ChildProcess process, string line, CancellationToken cancellationToken, int? answer = null)
    {
        await process.Input.WriteAsync(System.Text.Encoding.UTF8.GetBytes(line + "\n"), cancellationToken);
        var read = await process.Output.ReadAtLeastAsync((answer ?? line.Length) + 1, cancellationToken);
        var text = System.Text.Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(read.Buffer));
        process.Output.AdvanceTo(read.Buffer.End);
        return text.TrimEnd('\n');
    }

    /// <summary>A warm-up for what echoes: its answer says that it is past exec, before which its file must stay.</summary>
    public static async ValueTask SayUpAsync(ChildProcess process, CancellationToken cancellationToken) =>
        await EchoAsync(process, "up", cancellationToken);

    /// <summary>Waits, looking again whenever a little time has passed, until the pool is as it should be.</summary>
    public static async Task UntilAsync(
        this WarmPool pool, Func<ProfileSnapshot, bool> condition, string profile, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (pool.GetSnapshot().Profiles.FirstOrDefault(row => row.Name == profile) is not { } row || !condition(row))
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"The pool is not as it should be: {string.Join("; ", pool.GetSnapshot().Profiles)}");
            }

            await Task.Delay(5, cancellationToken);
        }
    }

    public static bool Exists(int processId) => File.Exists($"/proc/{processId}/stat");

    public static bool IsStopped(int processId) =>
        File.ReadAllText($"/proc/{processId}/stat").Contains(") T ", StringComparison.Ordinal);

    public static async Task StoppedAsync(int processId, CancellationToken cancellationToken)
    {
        while (!IsStopped(processId))
        {
            await Task.Delay(5, cancellationToken);
        }
    }

    public static async Task GoneAsync(int processId, CancellationToken cancellationToken)
    {
        try
        {
            var stat = $"/proc/{processId}/stat";
            while (!(await File.ReadAllTextAsync(stat, cancellationToken)).Contains(") Z ", StringComparison.Ordinal))
            {
                await Task.Delay(5, cancellationToken);
            }
        }
        catch (IOException)
        {
            // There is no such process any more.
        }
    }
}

/// <summary>A time that no test takes longer than: a wait that would never end fails instead.</summary>
internal static class Limit
{
    public static CancellationTokenSource Of(TimeSpan limit)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        source.CancelAfter(limit);
        return source;
    }
}
