using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Pilotlight.Processes;

namespace Pilotlight.Samples.Interpreter;

/// <summary>Evaluates JavaScript, each expression in an interpreter of its own that was started before it was asked for.</summary>
public sealed class JavaScript(WarmPool pool)
{
    private static readonly ProcessProfile s_profile = new()
    {
        Name = "node",
        FileName = FindNode(),
        Arguments = [Path.Combine(AppContext.BaseDirectory, "worker.js")],
        WarmUp = async (process, cancellationToken) => await ReadLineAsync(process.Output, cancellationToken),
    };

    /// <summary>Keeps interpreters parked from now on.</summary>
    public void Prepare() => pool.Register(s_profile);

    /// <summary>The value as JSON.</summary>
    /// <param name="expression">One line of JavaScript.</param>
    /// <param name="cancellationToken">Ends the wait, and the interpreter.</param>
    /// <exception cref="InvalidOperationException">The expression threw; the message says what.</exception>
    public async Task<(JsonElement Value, LeaseSource Source)> EvaluateAsync(string expression, CancellationToken cancellationToken = default)
    {
        // The lease ends the interpreter, whatever the expression has done to it.
        await using var lease = await pool.AcquireAsync(s_profile, cancellationToken);
        await lease.WriteFirstAsync(Encoding.UTF8.GetBytes(expression.ReplaceLineEndings(" ") + "\n"), cancellationToken);
        using var answer = JsonDocument.Parse(await ReadLineAsync(lease.Process.Output, cancellationToken));
        return answer.RootElement.TryGetProperty("error", out var error)
            ? throw new InvalidOperationException(error.GetString())
            : (answer.RootElement.GetProperty("value").Clone(), lease.Source);
    }

    private static async Task<string> ReadLineAsync(PipeReader output, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await output.ReadAsync(cancellationToken);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Encoding.UTF8.GetString(read.Buffer.Slice(0, end));
                output.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }

            output.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw new IOException("The interpreter ended before it had answered.");
            }
        }
    }

    private static string FindNode() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "node.exe" : "node"))
            .FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("There is no 'node' on the PATH. Install Node.js (Debian: apt-get install nodejs).");
}
