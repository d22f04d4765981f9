using Pilotlight.Core.Access;
using Pilotlight.Core.InProcess;
using Pilotlight.Core.Threads;

namespace Pilotlight.WebConsole.Chat;

/// <summary>The beginning of the list of threads, for all pages: read once after what changed it, and not while a turn is on its way to its first token.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class ThreadLists : IDisposable
{
    // Long enough for a turn's first token, short enough for whoever has renamed a thread.
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(250);

    private readonly LocalGateway _gateway;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Task<Page<ChatThread>>> _pages = new(StringComparer.Ordinal);
    private bool _isDue;

    /// <summary>Begins to listen.</summary>
    public ThreadLists(LocalGateway gateway, TimeProvider time)
    {
        _gateway = gateway;
        _timer = time.CreateTimer(_ => Tell(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        gateway.ThreadNews.Changed += OnChanged;
    }

    /// <summary>Threads were made, changed or deleted, or had turns: what was read before is old. Raised on a thread of the pool.</summary>
    public event Action? Changed;

    /// <summary>The first page of the threads that a caller may see, or of those whose title holds a text.</summary>
    public Task<Page<ChatThread>> ReadAsync(Caller caller, string search)
    {
        if (search.Length > 0)
        {
            return _gateway.ListThreadsAsync(caller, search, null, CancellationToken.None);
        }

        lock (_gate)
        {
            var whose = caller.IsAdmin ? "" : caller.KeyId;
            if (!_pages.TryGetValue(whose, out var page) || page.IsFaulted)
            {
                _pages[whose] = page = _gateway.ListThreadsAsync(caller, null, null, CancellationToken.None);
            }

            return page;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gateway.ThreadNews.Changed -= OnChanged;
        _timer.Dispose();
    }

    private void OnChanged(string threadId)
    {
        lock (_gate)
        {
            if (!_isDue)
            {
                _isDue = true;
                _timer.Change(s_delay, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Tell()
    {
        lock (_gate)
        {
            _isDue = false;
            _pages.Clear();
        }

        Changed?.Invoke();
    }
}
