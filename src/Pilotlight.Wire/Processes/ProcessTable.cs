using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Pilotlight.Wire.Processes;

/// <summary>The processes that may call. Safe for concurrent use.</summary>
internal sealed class ProcessTable
{
    // Compared with when nobody has the number, so that both take the same time.
    private readonly ProcessToken _nobody = ProcessToken.Create();
    private readonly ConcurrentDictionary<string, WireProcess> _open = new(StringComparer.Ordinal);

    public int Count => _open.Count;

    public void Add(WireProcess process) => _open[process.Token.Id] = process;

    public void Remove(WireProcess process) => _open.TryRemove(process.Token.Id, out _);

    public bool TryFind(string shown, [NotNullWhen(true)] out WireProcess? process)
    {
        process = ProcessToken.IdOf(shown) is { } id ? _open.GetValueOrDefault(id) : null;
        var matches = (process?.Token ?? _nobody).Matches(shown);
        process = matches ? process : null;
        return process is not null;
    }
}
