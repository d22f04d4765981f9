using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Installation;
using Pilotlight.Claude.Network;
using Pilotlight.Claude.Protocol;
using Pilotlight.Processes;
using Pilotlight.Wire.Processes;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Claude.Profiles;

/// <summary>Finds out in which form a CLI can be rehearsed: a whole turn, or one that a hook blocks, which settings may forbid.</summary>
/// <remarks>
/// Asked of processes that have no credentials and no way to any API, since a prompt that goes through would be paid for. Once
/// for each binary; safe for concurrent use.
/// </remarks>
internal sealed partial class RehearsalCheck(ClaudeOptions options, ProcessFolders folders, ClaudeRelay? relay, TimeProvider time, ILogger logger)
{
    private const string SystemPrompt = "None.";

    private static readonly ConcurrentDictionary<(BinaryStamp Binary, bool Whole), Lazy<Task<bool>>> Answers = new();

    // Every process that is rehearsed whole is told another model than its own in the trial, whichever that is.
    private string OtherModel => options.Model == "opus" ? "sonnet" : "opus";

    /// <summary>Whether processes are to be rehearsed whole: where the relay holds the key and may change what they send.</summary>
    public bool IsWholeWanted => relay is { HoldsKey: true } && options.RehearseOnWire;

    /// <summary>In which form; the first to ask waits for the trials.</summary>
    public async Task<RehearsalForm> FormAsync(ProcessProfile profile)
    {
        if (IsWholeWanted && await AskAsync(profile, isWhole: true))
        {
            return RehearsalForm.Relayed;
        }

        // Its hook is a line for a Unix shell.
        return !OperatingSystem.IsWindows() && await AskAsync(profile, isWhole: false) ? RehearsalForm.Blocked : RehearsalForm.None;
    }

    /// <summary>Whether it is known that a binary's processes cannot be rehearsed whole.</summary>
    public static bool HasFailedWhole(string binary) =>
        Answers.TryGetValue((BinaryStamp.Of(binary), true), out var answer) && answer is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: false } };

    /// <summary>Rehearses this binary so no more: it failed for real.</summary>
    public void GiveUp(ProcessProfile profile, RehearsalForm form, string fault)
    {
        LogUnsafe(logger, profile.FileName, form == RehearsalForm.Relayed ? "whole" : "at all", fault);
        Answers[(BinaryStamp.Of(profile.FileName), form == RehearsalForm.Relayed)] = new Lazy<Task<bool>>(Task.FromResult(false));
    }

    private Task<bool> AskAsync(ProcessProfile profile, bool isWhole) =>
        Answers.GetOrAdd((BinaryStamp.Of(profile.FileName), isWhole), _ => new Lazy<Task<bool>>(() => TryAsync(profile, isWhole))).Value;

    private async Task<bool> TryAsync(ProcessProfile profile, bool isWhole)
    {
        using var limit = new CancellationTokenSource(options.ControlTimeout * 3, time);
        try
        {
            using var own = folders.Open();
            var environment = new Dictionary<string, string?>();
            using var wire = isWhole ? relay!.Open(environment) : null;
            using var process = Process.Start(Start(profile, own, environment))!;
            try
            {
                await RehearseAsync(process, wire, limit.Token);
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
                Answers.TryRemove((BinaryStamp.Of(profile.FileName), isWhole), out _);
            }

            LogUnsafe(logger, profile.FileName, isWhole ? "whole" : "at all", fault.Message);
            return false;
        }
    }

    private async Task RehearseAsync(Process process, WireProcess? wire, CancellationToken cancellationToken)
    {
        var errors = process.StandardError.BaseStream.CopyToAsync(Stream.Null, cancellationToken);
        await using var connection = new CliConnection(
            PipeReader.Create(process.StandardOutput.BaseStream), PipeWriter.Create(process.StandardInput.BaseStream), time, options.MaxLineBytes);
        await connection.RequestAsync(
            new JsonObject { ["subtype"] = "initialize", ["systemPrompt"] = new JsonArray(SystemPrompt) }, options.ControlTimeout, cancellationToken);
        if (wire?.BeginRehearsal(new WireRehearsalOptions { SystemPrompt = SystemPrompt, IsTrial = true }) is { } trial)
        {
            await RelayedRehearsal.TryAsync(connection, trial, OtherModel, options.ControlTimeout, time, cancellationToken);
        }
        else
        {
            await Rehearsal.RunAsync(connection, options.ControlTimeout, time, cancellationToken);
        }

        process.Kill();
        await errors;
    }

    private static ProcessStartInfo Start(ProcessProfile profile, ProcessFolder own, Dictionary<string, string?> wire)
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
        foreach (var name in new[] { "PATH", "HOME", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_AUTOUPDATER", "DISABLE_TELEMETRY", "DISABLE_ERROR_REPORTING", "ENABLE_TOOL_SEARCH", ClaudeProfiles.AttributionVariable })
        {
            if (profile.Environment.TryGetValue(name, out var value))
            {
                start.Environment[name] = value;
            }
        }

        PrivateFolder.Create(own.Configuration);
        start.Environment["CLAUDE_CONFIG_DIR"] = own.Configuration;
        start.Environment["TMPDIR"] = own.Temporary;

        // The discard port of this machine: nobody answers there. Or the relay, which answers itself.
        start.Environment["ANTHROPIC_BASE_URL"] = "http://127.0.0.1:9";
        start.Environment["ANTHROPIC_API_KEY"] = "none";
        start.Environment["CLAUDE_CODE_MAX_RETRIES"] = "0";
        foreach (var (name, value) in wire)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Processes of '{Cli}' are not rehearsed {Extent}, which makes first turns some 20 to 40 ms slower: {Reason}")]
    private static partial void LogUnsafe(ILogger logger, string cli, string extent, string reason);
}
