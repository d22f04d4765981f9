namespace Pilotlight.Processes;

/// <summary>Starts a process and warms it up, or says why that failed; either way within the time that is set for it.</summary>
internal sealed class WorkerStarter(IProcessLauncher launcher, WarmPoolOptions options, TimeProvider time)
{
    // The end of its output comes a moment before its exit code.
    private static readonly TimeSpan ExitCodeLimit = TimeSpan.FromMilliseconds(100);

    /// <exception cref="ProcessStartException">It could not be started, ended, or was not ready in time.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stopping"/> broke it off.</exception>
    public async Task<ChildProcess> StartAsync(ProcessProfile profile, CancellationToken stopping)
    {
        using var timeout = new CancellationTokenSource(options.WarmUpTimeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping, timeout.Token);
        try
        {
            var process = await LaunchAsync(profile, limit.Token);
            await WarmUpAsync(profile, process, limit.Token);
            return process;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            throw new ProcessStartException(
                $"'{profile.Name}' ({profile.FileName}) could not be started within {options.WarmUpTimeout}.");
        }
    }

    private async Task<ChildProcess> LaunchAsync(ProcessProfile profile, CancellationToken limit)
    {
        var launching = launcher.StartAsync(profile);
        try
        {
            return await launching.WaitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            _ = EndLateAsync(launching);
            throw;
        }
    }

    // A start that nobody waits for any more may yet succeed.
    private static async Task EndLateAsync(Task<ChildProcess> launching)
    {
        try
        {
            await using var process = await launching;
            process.Kill();
        }
        catch (ProcessStartException)
        {
            // It has failed as well.
        }
    }

    private async Task WarmUpAsync(ProcessProfile profile, ChildProcess process, CancellationToken limit)
    {
        if (profile.WarmUp is not { } warmUp)
        {
            return;
        }

        try
        {
            await warmUp(process, limit).AsTask().WaitAsync(limit);
        }
        catch (Exception fault)
        {
            await Task.WhenAny(process.Exited, Task.Delay(ExitCodeLimit, CancellationToken.None));
            var ended = process.HasExited;
            process.Kill();
            var exit = await process.StopAsync(options.Grace);
            await process.DisposeAsync();
            throw Explain(profile, fault, exit, ended, limit.IsCancellationRequested);
        }
    }

    private ProcessStartException Explain(ProcessProfile profile, Exception fault, ProcessExit exit, bool ended, bool timedOut)
    {
        var tail = exit.ErrorTail.Trim();
        var what = ended ? $"ended with exit code {exit.ExitCode} before it was ready"
            : timedOut ? $"was not ready within {options.WarmUpTimeout}"
            : $"did not become ready: {fault.Message}";
        return new ProcessStartException(
            $"'{profile.Name}' ({profile.FileName}) {what}.{(tail.Length > 0 ? " It said: " + tail : "")}", exit, fault);
    }
}
