using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Testing;

namespace Pilotlight.Wire.Tests;

/// <summary>The real CLI with nothing of ours around it but an environment.</summary>
public sealed class CliProcess : IAsyncDisposable
{
    public static readonly string[] Chat =
    [
        "--tools", "", "--strict-mcp-config", "--setting-sources", "", "--no-session-persistence", "--disable-slash-commands",
    ];

    public static readonly string[] Agent = ["--tools", "default", "--setting-sources", "", "--strict-mcp-config", "--no-session-persistence", "--permission-mode", "bypassPermissions"];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly DirectoryInfo _home;
    private readonly StringBuilder _error = new();

    private CliProcess(Process process, DirectoryInfo home)
    {
        (_process, _home) = (process, home);
        process.ErrorDataReceived += (_, line) => _error.AppendLine(line.Data);
        process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public static async Task<CliProcess> StartAsync(
        IReadOnlyDictionary<string, string> environment, string[] arguments, CancellationToken cancellationToken, string? binary = null)
    {
        var home = Directory.CreateTempSubdirectory("pilotlight-wire-");
        var start = new ProcessStartInfo(binary ?? RealCli.Path)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = home.FullName,
        };
        foreach (var argument in (string[])["-p", "--input-format", "stream-json", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--model", "sonnet", .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment.Clear();
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = home.FullName,
            ["PATH"] = "/usr/local/bin:/usr/bin:/bin",
            ["TMPDIR"] = home.FullName,
            ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
            ["DISABLE_AUTOUPDATER"] = "1",
            ["DISABLE_TELEMETRY"] = "1",
            ["DISABLE_ERROR_REPORTING"] = "1",
            ["IS_SANDBOX"] = "1",
        };
        foreach (var (name, value) in variables.Concat(environment))
        {
            start.Environment[name] = value;
        }

        var cli = new CliProcess(Process.Start(start)!, home);
        try
        {
            await cli.WriteAsync(new JsonObject
            {
                ["type"] = "control_request", ["request_id"] = "r1", ["request"] = new JsonObject { ["subtype"] = "initialize", ["systemPrompt"] = new JsonArray("Be brief.") },
            });
            await cli.UntilAsync("control_response", cancellationToken);
            return cli;
        }
        catch
        {
            await cli.DisposeAsync();
            throw;
        }
    }

    /// <summary>Says something, and reads all that follows up to the turn's result, which is the last.</summary>
    public async Task<IReadOnlyList<JsonElement>> TurnAsync(string text, CancellationToken cancellationToken)
    {
        await SayAsync(text);
        return await UntilAsync("result", cancellationToken);
    }

    public Task SayAsync(string text) => WriteAsync(new JsonObject
    {
        ["type"] = "user", ["message"] = new JsonObject { ["role"] = "user", ["content"] = text },
    });

    /// <summary>Reads up to the next message of a type.</summary>
    public async Task<IReadOnlyList<JsonElement>> UntilAsync(string type, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        var seen = new List<JsonElement>();
        try
        {
            while (await _process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                seen.Add(JsonDocument.Parse(line).RootElement.Clone());
                if (seen[^1].GetProperty("type").GetString() == type)
                {
                    return seen;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The CLI said no '{type}' in {Limit}. It said: {string.Join('\n', seen)} {_error}");
        }

        throw new InvalidOperationException($"The CLI ended before it said '{type}'. It said: {string.Join('\n', seen)} {_error}");
    }

    /// <summary>The text of a turn's result.</summary>
    public static string ResultOf(IReadOnlyList<JsonElement> turn) => turn[^1].TryGetProperty("result", out var result) ? result.GetString() ?? "" : "";

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            if (await Task.WhenAny(_process.WaitForExitAsync(), Task.Delay(TimeSpan.FromSeconds(5))) is { } first && !_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                await first;
            }

            await _process.WaitForExitAsync();
        }
        finally
        {
            _process.Dispose();
            _home.Delete(recursive: true);
        }
    }

    private async Task WriteAsync(JsonObject line)
    {
        await _process.StandardInput.WriteAsync(line.ToJsonString() + "\n");
        await _process.StandardInput.FlushAsync();
    }
}
