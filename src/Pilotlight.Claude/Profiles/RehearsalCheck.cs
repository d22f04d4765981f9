using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Protocol;
using Pilotlight.Processes;

namespace Pilotlight.Claude.Profiles;

/// <summary>Finds out whether a CLI can be rehearsed: whether its hooks block, which an organization's settings may forbid.</summary>
/// <remarks>
/// Asked of a process that has no credentials and no way to any API, since a prompt that is not blocked would be paid for. Once
/// for each binary; safe for concurrent use.
/// </remarks>
internal sealed partial class RehearsalCheck(ClaudeOptions options, ProcessFolders folders, TimeProvider time, ILogger logger)
{
    private static readonly ConcurrentDictionary<BinaryStamp, Lazy<Task<bool>>> Answers = new();

    /// <summary>Whether it can; the first to ask waits for the trial.</summary>
    public Task<bool> IsSafeAsync(ProcessProfile profile) =>
        Answers.GetOrAdd(BinaryStamp.Of(profile.FileName), _ => new Lazy<Task<bool>>(() => TryAsync(profile))).Value;

    /// <summary>Rehearses this binary no more: it failed for real.</summary>
    public void GiveUp(ProcessProfile profile, Exception fault)
    {
        LogUnsafe(logger, profile.FileName, fault.Message);
        Answers[BinaryStamp.Of(profile.FileName)] = new Lazy<Task<bool>>(Task.FromResult(false));
    }

    private async Task<bool> TryAsync(ProcessProfile profile)
    {
        using var limit = new CancellationTokenSource(options.ControlTimeout * 3, time);
        try
        {
            using var own = folders.Open();
            using var process = Process.Start(Start(profile, own))!;
            try
            {
                await RehearseAsync(process, limit.Token);
                return true;
            }
            finally
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync(CancellationToken.None);
                await process.StandardInput.BaseStream.DisposeAsync();
                process.StandardOutput.Dispose();
                process.StandardError.Dispose();
            }
        }
        catch (Exception fault) when (fault is CliProtocolException or IOException or TimeoutException or OperationCanceledException
            or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            if (folders.IsDisposed || fault is TimeoutException or OperationCanceledException)
            {
                // The host stopped, or the machine is too busy: that says nothing of the binary, and the next process asks again.
                Answers.TryRemove(BinaryStamp.Of(profile.FileName), out _);
            }

            LogUnsafe(logger, profile.FileName, fault.Message);
            return false;
        }
    }

    private async Task RehearseAsync(Process process, CancellationToken cancellationToken)
    {
        var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
        await using var connection = new CliConnection(
            PipeReader.Create(process.StandardOutput.BaseStream), PipeWriter.Create(process.StandardInput.BaseStream), time, options.MaxLineBytes);
        await connection.RequestAsync(
            new JsonObject { ["subtype"] = "initialize", ["systemPrompt"] = new JsonArray("None.") }, options.ControlTimeout, cancellationToken);
        await Rehearsal.RunAsync(connection, options.ControlTimeout, time, cancellationToken);
        process.Kill();
        await errors;
    }

    private static ProcessStartInfo Start(ProcessProfile profile, ProcessFolder own)
    {
        string[] command = [.. profile.Wrapper, profile.FileName, .. profile.Arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = profile.WorkingDirectory ?? "",
        };
        start.Environment.Clear();
        foreach (var name in new[] { "PATH", "HOME", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING" })
        {
            if (profile.Environment.TryGetValue(name, out var value))
            {
                start.Environment[name] = value;
            }
        }

        PrivateFolder.Create(own.Configuration);
        start.Environment["CLAUDE_CONFIG_DIR"] = own.Configuration;
        start.Environment["TMPDIR"] = own.Temporary;

        // The discard port of this machine: nobody answers there.
        start.Environment["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
        start.Environment["ANTHROPIC_API_KEY"] = "none";
        start.Environment["CLAUDE_CODE_MAX_RETRIES"] = "0";
        return start;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Processes of '{Cli}' are parked without a rehearsal, which makes first turns some 20 ms slower: {Reason}")]
    private static partial void LogUnsafe(ILogger logger, string cli, string reason);
}
