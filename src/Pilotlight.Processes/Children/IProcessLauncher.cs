namespace Pilotlight.Processes;

/// <summary>Where a pool's processes come from.</summary>
internal interface IProcessLauncher : IDisposable
{
    /// <exception cref="ProcessStartException">It could not be started.</exception>
    Task<ChildProcess> StartAsync(ProcessProfile profile);

    /// <summary>Ends what earlier owners left behind; returns how many processes that were.</summary>
    int Sweep();
}
