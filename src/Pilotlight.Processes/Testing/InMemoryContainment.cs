using System.Collections.Concurrent;
using System.Diagnostics;
using Pilotlight.Processes.Containment;

namespace Pilotlight.Processes.Testing;

/// <summary>Signals for programs that are played in memory; they leave nothing behind.</summary>
internal sealed class InMemoryContainment : IContainment
{
    public const int Killed = 9;
    public const int Terminated = 15;

    private readonly ConcurrentDictionary<int, InMemoryChild> _children = new();

    public void Add(InMemoryChild child) => _children[child.Id] = child;

    public void Prepare(ProcessStartInfo start, string cookie)
    {
    }

    public void Adopt(Process process)
    {
    }

    public void Terminate(int processId)
    {
        if (_children.TryGetValue(processId, out var child))
        {
            _ = child.TellToEndAsync(); // What listens to it is the program's own; a fault in that is not the pool's.
        }
    }

    public void Kill(int processId)
    {
        if (_children.TryRemove(processId, out var child))
        {
            _ = child.TellToEndAsync();
            child.End(128 + Killed);
        }
    }

    public Task<int> KillRestAsync(int processId, string cookie) => Forget(processId);

    public Task<int> KillMarkedAsync(string cookie) => Task.FromResult(0);

    public void Suspend(int processId)
    {
    }

    public void Resume(int processId)
    {
    }

    public long? MemoryOf(int processId) => null;

    public long? OwnMemoryOf(int processId) => null;

    public int Sweep() => 0;

    public void Dispose()
    {
    }

    private Task<int> Forget(int processId)
    {
        _children.TryRemove(processId, out _);
        return Task.FromResult(0);
    }
}
