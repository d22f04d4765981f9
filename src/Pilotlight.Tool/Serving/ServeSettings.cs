namespace Pilotlight.Tool.Serving;

/// <summary>What a start of the gateway is asked for.</summary>
/// <param name="Urls">Addresses to listen on, separated by semicolons; port 0 takes a free one.</param>
/// <param name="Data">The folder for the database and the CLI's home.</param>
/// <param name="Simulate">Whether the simulator answers.</param>
/// <param name="Overrides">Settings from the command line, <c>--Pilotlight:Pool:Size=4</c> for instance.</param>
/// <param name="IsQuiet">Whether to log nothing below warnings.</param>
/// <param name="Cli">The CLI to use where the settings name none; null to look for one on PATH.</param>
internal sealed record ServeSettings(
    string Urls, string Data, bool Simulate, IReadOnlyList<string> Overrides, bool IsQuiet = false, string? Cli = null)
{
    /// <summary>Whether it is a node of a cluster.</summary>
    public bool Cluster { get; init; }

    /// <summary>Where the gateway listens unless it is told otherwise.</summary>
    public const string DefaultUrls = "http://127.0.0.1:5160";

    /// <summary>The data folder unless it is told otherwise.</summary>
    public static string DefaultData => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify) is { Length: > 0 } local
            ? local
            : Path.GetTempPath(),
        "pilotlight");

    /// <summary>All settings: files, then the environment, then the command line.</summary>
    public IConfigurationRoot ReadConfiguration() => new ConfigurationBuilder()
        .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine([.. Overrides])
        .Build();
}
