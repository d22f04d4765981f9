using System.Diagnostics;
using System.Text;

namespace Pilotlight.Testing;

/// <summary>The tool on a terminal of its own, as a person has it; on Linux, by util-linux's <c>script</c>.</summary>
/// <remarks>What takes longer than its limit fails with what the screen had shown.</remarks>
public sealed class TerminalProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly StringBuilder _shown = new();
    private readonly Task _reading;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _seen;

    private TerminalProcess(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Starts <c>pilotlight</c> with arguments that hold no quotes.</summary>
    public static TerminalProcess Start(params string[] arguments)
    {
        var tool = ToolUnderTest.Path;
        var start = new ProcessStartInfo("script") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = Path.GetTempPath() };
        foreach (var argument in (string[])["-qec", $"stty cols 120 rows 40; exec dotnet '{tool}' {string.Join(' ', arguments.Select(argument => $"'{argument}'"))}", "/dev/null"])
        {
            start.ArgumentList.Add(argument);
        }

        GatewayProcess.Isolate(start);
        start.Environment["TERM"] = "xterm-256color";
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["SHELL"] = "/bin/sh";
        return new TerminalProcess(Process.Start(start)!);
    }

    /// <summary>Types.</summary>
    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits until the screen shows a text after what earlier waits have seen; returns all that came up to it.</summary>
    public async Task<string> UntilAsync(string text)
    {
        var startedAt = Stopwatch.GetTimestamp();
        while (true)
        {
            Task more;
            lock (_shown)
            {
                var all = _shown.ToString();
                var at = all.IndexOf(text, _seen, StringComparison.Ordinal);
                if (at >= 0)
                {
                    var until = all[_seen..(at + text.Length)];
                    _seen = at + text.Length;
                    return until;
                }

                more = _more.Task;
            }

            var left = Limit - Stopwatch.GetElapsedTime(startedAt);
            if (left <= TimeSpan.Zero || await Task.WhenAny(more, _reading, Task.Delay(left)) != more)
            {
                throw new TimeoutException($"The terminal did not show '{text}'. It showed: {_shown}");
            }
        }
    }

    /// <summary>Waits for the end, and returns the exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[4096];
        while (await _process.StandardOutput.ReadAsync(buffer) is > 0 and var read)
        {
            lock (_shown)
            {
                _shown.Append(buffer, 0, read);
                _more.TrySetResult();
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
