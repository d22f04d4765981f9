using System.Collections.Concurrent;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// Ends what carries a worker's mark in its environment, in one pass over all processes for all who ask at a time.
/// </summary>
/// <remarks>
/// A pass takes a millisecond or two; when hundreds of children die at once, one each would be noticed late. Safe for concurrent
/// use.
/// </remarks>
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
            // On a thread of its own: it reads a file of every process there is, and the deaths of others wait to be noticed.
            _ = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
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
        var requests = new List<Request>();
        var killed = new Dictionary<string, int>(StringComparer.Ordinal);
        while (_pending.TryDequeue(out var request))
        {
            requests.Add(request);
            killed[request.Cookie] = 0;
        }

        try
        {
            foreach (var (process, cookie) in ProcFileSystem.Environments(OwnerCookie.WorkerVariable))
            {
                if (killed.TryGetValue(cookie, out var count) && kill(process))
                {
                    killed[cookie] = count + 1;
                }
            }

            requests.ForEach(request => request.TrySetResult(killed[request.Cookie]));
        }
        catch (Exception fault)
        {
            requests.ForEach(request => request.TrySetException(fault));
        }
    }

    private sealed class Request(string cookie) : TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public string Cookie => cookie;
    }
}
