using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Pilotlight.Peers;

/// <summary>The TypeScript Agent SDK in a node process of its own, asked one way at a time.</summary>
internal sealed class AgentSdk : IAsyncDisposable
{
    private readonly Process _node;

    private AgentSdk(Process node) => _node = node;

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
        try
        {
            return new AgentSdk(Process.Start(start)!);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    public async Task<double> RunAsync(string way)
    {
        await _node.StandardInput.WriteLineAsync(way);
        await _node.StandardInput.FlushAsync();
        var line = await _node.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The Agent SDK's process ended.");
        var answer = JsonDocument.Parse(line).RootElement;
        return answer.TryGetProperty("ms", out var milliseconds)
            ? milliseconds.GetDouble()
            : throw new InvalidOperationException($"The Agent SDK failed in '{way}': {answer.GetProperty("error").GetString()}");
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }
}
