using Microsoft.Extensions.Options;
using Pilotlight.Claude;
using Pilotlight.Claude.Installation;
using Pilotlight.Tool.Settings;
using Spectre.Console;

namespace Pilotlight.Tool.Cli;

/// <summary>Finds the CLI to use, and fetches the pinned one when there is none and that is agreed to.</summary>
/// <remarks>The order: the one that the settings name, one that was fetched into the data folder, <c>claude</c> on PATH.</remarks>
internal sealed class CliSetup(string data, CliLock cli)
{
    private readonly CliFolder _folder = new(data);

    public CliSetup(string data)
        : this(data, CliLock.Pinned)
    {
    }

    /// <summary>The CLI that was fetched into the data folder: the pinned version, else the newest of earlier ones; null when there is none.</summary>
    public string? Installed => _folder.Find(cli.Version) ?? _folder.FindNewest()?.Binary;

    /// <summary>What to add to a complaint about a CLI that is not there.</summary>
    public static string Offer(string? cli) => cli is null ? " Or run 'pilotlight setup', which fetches the pinned one." : "";

    /// <summary>Sees to it that there is a CLI, as far as may be.</summary>
    /// <param name="configuration">The settings, which may name one.</param>
    /// <param name="isAgreed">Whether one may be fetched without asking.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The one in the data folder; null when another is used, or there is none and nobody agreed to fetch one.</returns>
    /// <exception cref="StartException">It was agreed to fetch it, and that failed.</exception>
    public async Task<string?> EnsureAsync(IConfiguration configuration, bool isAgreed, CancellationToken cancellationToken)
    {
        if (configuration[$"{ClaudeOptions.Section}:Path"] is { Length: > 0 })
        {
            return null;
        }

        if (Installed is { } installed)
        {
            return installed;
        }

        // Wrong settings stop the start: nothing is fetched for it.
        if (SettingsCheck.Faults(configuration).Count > 0
            || new ClaudeCli(Options.Create(new ClaudeOptions())).Find(out _) is not null
            || !(isAgreed || await AskAsync("There is no Claude Code CLI here. ", cancellationToken)))
        {
            return null;
        }

        return await InstallAsync(cancellationToken);
    }

    /// <summary>Asks whether to fetch it, where there is a person to ask.</summary>
    public async Task<bool> AskAsync(string why, CancellationToken cancellationToken) =>
        !Console.IsInputRedirected && !Console.IsErrorRedirected
        && await Terminal().PromptAsync(
            new ConfirmationPrompt(Markup.Escape($"{why}Fetch the pinned one, {cli.Version}, by npm into '{_folder.Path}' (about 400 MB)?")), cancellationToken);

    /// <summary>Fetches the pinned version, and says so on stderr.</summary>
    /// <exception cref="StartException">It cannot be fetched.</exception>
    public async Task<string> InstallAsync(CancellationToken cancellationToken)
    {
        var npm = new NpmInstall(_folder);
        var what = $"Fetching Claude Code {cli.Version} by npm into '{_folder.Path}' …";
        if (Console.IsErrorRedirected)
        {
            await Console.Error.WriteLineAsync(what);
            return await npm.RunAsync(cli, cancellationToken);
        }

        return await Terminal().Status().StartAsync(Markup.Escape(what), _ => npm.RunAsync(cli, cancellationToken));
    }

    // Questions and progress are not a command's answer: they leave stdout alone.
    private static IAnsiConsole Terminal() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
}
