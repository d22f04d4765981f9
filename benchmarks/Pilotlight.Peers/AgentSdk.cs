using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Pilotlight.Peers;

/// <summary>The TypeScript Agent SDK in a node process of its own. Safe for concurrent use.</summary>
internal sealed class AgentSdk : IAsyncDisposable
{
    // As long as a program has to make ready what it makes ready, before its user speaks.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1.5);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly SemaphoreSlim _pen = new(1);
    private readonly Process _node;
    private readonly Task _reading;
    private int _ids;

    private AgentSdk(Process node)
    {
        _node = node;
        _reading = ReadAsync();
    }

    /// <summary>Starts it; null when there is no node, or the packages are not installed beside the script.</summary>
    public static AgentSdk? TryStart(CliUnderTest machine, string folder)
    {
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "@anthropic-ai", "claude-agent-sdk")))
        {
            return null;
        }

        var start = new ProcessStartInfo("node", [Path.Combine(folder, "agent-sdk.mjs")]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["CLAUDE"] = machine.Path;
        start.Environment["API"] = machine.Api;
        start.Environment["CLI_HOME"] = machine.Home;
        start.Environment["TRUSTED"] = machine.Trusted ?? "";
        try
        {
            return new AgentSdk(Process.Start(start)!);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>One way made ready, settled and asked; milliseconds to its first text.</summary>
    public async Task<double> RunAsync(string way)
    {
        var ask = await PrepareAsync(way);
        await Task.Delay(Settled);
        return await ask();
    }

    /// <summary>Makes one way ready; what it returns asks, once, and says the milliseconds to the first text.</summary>
    public async Task<Func<Task<double>>> PrepareAsync(string way)
    {
        var id = Interlocked.Increment(ref _ids).ToString(CultureInfo.InvariantCulture);
        await TellAsync($"prepare {id} {way}", id);
        return async () => (await TellAsync($"ask {id}", id)).GetProperty("ms").GetDouble();
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        await _reading;
        _node.Dispose();
        _pen.Dispose();
    }

    private async Task<JsonElement> TellAsync(string line, string id)
    {
        var answer = _waiting[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        await _pen.WaitAsync();
        try
        {
            await _node.StandardInput.WriteLineAsync(line);
            await _node.StandardInput.FlushAsync();
        }
        finally
        {
            _pen.Release();
        }

        var told = await answer.Task;
        return told.TryGetProperty("error", out var error) ? throw new InvalidOperationException($"The Agent SDK failed at '{line}': {error.GetString()}") : told;
    }

    private async Task ReadAsync()
    {
        while (await _node.StandardOutput.ReadLineAsync() is { } line)
        {
            var told = JsonElement.Parse(line);
            if (_waiting.TryRemove(told.GetProperty("id").GetString()!, out var waiting))
            {
                waiting.SetResult(told);
            }
        }

        foreach (var waiting in _waiting.Values)
        {
            waiting.TrySetException(new InvalidOperationException("The Agent SDK's process ended."));
        }
    }
}
