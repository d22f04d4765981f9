namespace Pilotlight.Processes.Containment;

/// <summary>What a child leaves behind at its end: its group, and its tools in sessions of their own.</summary>
/// <remarks>
/// A tool is known by the mark in its environment, and has none while it is in the middle of its exec. So these are looked for
/// again a little later. All waits go by the machine's clock and have an end: reading of a process that the kernel holds can
/// take for ever, and the guardian and the next start's sweep remain.
/// </remarks>
internal sealed class Remains(IContainment containment, int processId, string cookie)
{
    private const int MaxLateLooks = 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan[] LateLooks =
        [TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(80), TimeSpan.FromMilliseconds(300)];

    /// <summary>Ends what there is to be seen at once; returns how many that were.</summary>
    public Task<int> EndAsync() => CountAsync(containment.KillRestAsync(processId, cookie));

    /// <summary>
    /// Looks again: once after an orderly end, three times after one that had tools or was torn away, and on while any are found.
    /// </summary>
    public async Task EndLateAsync(bool isSuspicious)
    {
        var looks = isSuspicious ? LateLooks : LateLooks.AsSpan(1, 1).ToArray();
        for (var look = 0; look < MaxLateLooks; look++)
        {
            await Task.Delay(looks[Math.Min(look, looks.Length - 1)]);
            if (await CountAsync(containment.KillMarkedAsync(cookie)) == 0 && look >= looks.Length - 1)
            {
                return;
            }
        }
    }

    private static async Task<int> CountAsync(Task<int> killing)
    {
        try
        {
            return await killing.WaitAsync(Limit);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or TimeoutException)
        {
            return 0;
        }
    }
}
