using System.Collections.Concurrent;

namespace Pilotlight.Processes.Containment;

/// <summary>Ends what carries a worker's mark in its environment, in one pass over all processes for all who ask at a time.</summary>
/// <remarks>A pass takes a millisecond or two; when hundreds of children die at once, one each would be noticed late. Safe for concurrent use.</remarks>
internal sealed class MarkedProcesses(Func<int, bool> kill)
{
    private readonly ConcurrentQueue<Request> _pending = new();
    private int _isRunning;

    /// <summary>How many were ended.</summary>
    /// <exception cref="IOException">The processes cannot be listed.</exception>
    public Task<int> KillAsync(string cookie)
    {
        var request = new Request(cookie);
        _pending.Enqueue(request);
        if (Interlocked.Exchange(ref _isRunning, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.Run(), this, preferLocal: false);
        }

        return request.Task;
    }

    private void Run()
    {
        do
        {
            Pass();
            Volatile.Write(ref _isRunning, 0);
        }
        while (!_pending.IsEmpty && Interlocked.Exchange(ref _isRunning, 1) == 0);
    }

    private void Pass()
    {
        var asked = new Dictionary<string, Request>(StringComparer.Ordinal);
        while (_pending.TryDequeue(out var request))
        {
            if (!asked.TryAdd(request.Cookie, request))
            {
                _pending.Enqueue(request); // For the same mark: the next pass.
                break;
            }
        }

        try
        {
            foreach (var (process, cookie) in ProcFileSystem.Environments(OwnerCookie.WorkerVariable))
            {
                if (asked.TryGetValue(cookie, out var request) && kill(process))
                {
                    request.Count++;
                }
            }
        }
        catch (Exception fault)
        {
            foreach (var request in asked.Values)
            {
                request.TrySetException(fault);
            }
        }

        foreach (var request in asked.Values)
        {
            request.TrySetResult(request.Count);
        }
    }

    private sealed class Request(string cookie) : TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Cookie => cookie;

        public int Count { get; set; }
    }
}
