using System.Diagnostics;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes.Tests;

/// <summary>This machine's containment, with steps that a test replaces by what goes wrong in them.</summary>
internal sealed class StubContainment : IContainment
{
    private readonly IContainment _inner = Containments.Create(pidNamespaces: false);

    public Action<int>? OnKill { get; init; }

    public Action<int>? OnTerminate { get; init; }

    public Action<int>? OnSuspend { get; set; }

    public Action<int>? OnResume { get; set; }

    public Func<Task<int>>? OnKillRest { get; init; }

    public void Prepare(ProcessStartInfo start, string cookie) => _inner.Prepare(start, cookie);

    public void Adopt(Process process) => _inner.Adopt(process);

    public void Terminate(int processId) => (OnTerminate ?? _inner.Terminate)(processId);

    public void Kill(int processId) => (OnKill ?? _inner.Kill)(processId);

    public Task<int> KillRestAsync(int processId, string cookie) =>
        OnKillRest?.Invoke() ?? _inner.KillRestAsync(processId, cookie);

    public Task<int> KillMarkedAsync(string cookie) => OnKillRest?.Invoke() ?? _inner.KillMarkedAsync(cookie);

    public void Suspend(int processId) => (OnSuspend ?? _inner.Suspend)(processId);

    public void Resume(int processId) => (OnResume ?? _inner.Resume)(processId);

    public long? MemoryOf(int processId) => _inner.MemoryOf(processId);

    public long? OwnMemoryOf(int processId) => _inner.OwnMemoryOf(processId);

    public int Sweep() => _inner.Sweep();

    public void Dispose() => _inner.Dispose();
}
