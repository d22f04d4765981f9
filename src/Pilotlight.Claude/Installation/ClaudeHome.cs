using Microsoft.Extensions.Options;

namespace Pilotlight.Claude.Installation;

/// <summary>The folders and the environment that CLI processes are given.</summary>
/// <remarks>
/// The environment starts empty: what the host holds (keys of other services, its own Claude session's variables) reaches
/// no child unless it is named in <see cref="ClaudeOptions.PassEnvironment"/>. A proxy's address goes along, unless it holds a
/// password: tools could read it.
/// </remarks>
public sealed class ClaudeHome(IOptions<ClaudeOptions> options)
{
    /// <summary>Where the host's own API key comes from, for people.</summary>
    internal const string ApiKeySource = "an API key (Pilotlight:Claude:ApiKey or ANTHROPIC_API_KEY)";

    // Needed to find programs, to show text and times as the host does, and to reach the API through its proxy and trust roots.
    private static readonly string[] PassedAlways =
    [
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SystemRoot", "ComSpec", "PATHEXT",
        "NO_PROXY", "no_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE",
    ];

    private static readonly string[] Proxies = ["HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"];

    private const string BaseUrlVariable = "ANTHROPIC_BASE_URL";

    private static readonly string[] CredentialVariables = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"];

    private readonly string _root = ResolveRoot(options.Value);

    /// <summary>The CLI's configuration folder.</summary>
    public string ConfigDirectory => options.Value.ConfigDirectory is { Length: > 0 } own ? Path.GetFullPath(own) : Path.Combine(_root, "config");

    /// <summary>Where the workspaces of conversations are.</summary>
    internal string WorkspacesDirectory => Path.Combine(_root, "workspaces");

    /// <summary>An empty folder to run in, for profiles that name none.</summary>
    public string WorkingDirectory => Path.Combine(_root, "work");

    /// <summary>
    /// Whether all processes use <see cref="ConfigDirectory"/> itself, since it holds a sign-in or was named; with an API key each gets
    /// one of its own that goes with it.
    /// </summary>
    internal bool IsConfigurationShared => options.Value.ConfigDirectory is { Length: > 0 } || (options.Value.ApiKey is not { Length: > 0 } && !Credentials().Any());

    /// <summary>Where processes' own folders stand.</summary>
    internal TemporaryRoot TemporaryRoot => TemporaryRoot.Of(options.Value, _root);

    /// <summary>Where the credentials come from, for people: never the credentials.</summary>
    public string? CredentialSource =>
        options.Value.ApiKey is { Length: > 0 } ? ApiKeySource
        : Credentials().FirstOrDefault() is { Key: { } variable } ? variable
        : File.Exists(Path.Combine(ConfigDirectory, ".credentials.json")) ? $"sign-in in {ConfigDirectory}"
        : null;

    /// <summary>Proxy variables that are kept from the CLI because they hold a password; naming one in <see cref="ClaudeOptions.PassEnvironment"/> passes it.</summary>
    public IReadOnlyList<string> WithheldProxies => [.. Proxies.Where(name => !options.Value.PassEnvironment.Contains(name) && HoldsPassword(name))];

    /// <summary>The whole environment of a CLI process; makes the folders it names.</summary>
    public IReadOnlyDictionary<string, string> CreateEnvironment()
    {
        PrivateFolder.Create(ConfigDirectory);
        PrivateFolder.Create(WorkingDirectory);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HOME"] = _root,
            ["CLAUDE_CONFIG_DIR"] = ConfigDirectory,
            ["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1",
            ["CLAUDE_CODE_MAX_RETRIES"] = options.Value.MaxRetries.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["DISABLE_AUTOUPDATER"] = "1",
            ["DISABLE_TELEMETRY"] = "1",
            ["DISABLE_ERROR_REPORTING"] = "1",
        };
        if (!options.Value.CoolWhenIdle)
        {
            environment[IdleWarmth.Variable] = IdleWarmth.FirstOnly;
        }

        foreach (var name in PassedAlways.Concat(Proxies.Except(WithheldProxies)).Concat(options.Value.PassEnvironment))
        {
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value)
            {
                environment.TryAdd(name, value);
            }
        }

        foreach (var (name, value) in Credentials())
        {
            environment[name] = value;
        }

        if (options.Value.ApiKey is { Length: > 0 } key)
        {
            environment["ANTHROPIC_API_KEY"] = key;
        }

        if (options.Value.BaseUrl is { Length: > 0 } address)
        {
            environment[BaseUrlVariable] = address;
        }

        return environment;
    }

    /// <summary>The same for a process that calls through a relay: without the address, and without a credential where the relay has one.</summary>
    internal IReadOnlyDictionary<string, string> CreateEnvironmentForRelay(bool holdsKey) =>
        (holdsKey ? CreateEnvironmentWithoutCredentials() : CreateEnvironment()).Where(pair => pair.Key != BaseUrlVariable).ToDictionary(StringComparer.Ordinal);

    /// <summary>The same for a process that is only asked about itself.</summary>
    internal IReadOnlyDictionary<string, string> CreateEnvironmentWithoutCredentials() =>
        CreateEnvironment().Where(pair => !CredentialVariables.Contains(pair.Key)).ToDictionary(StringComparer.Ordinal);

    // A key in the options outranks what the host's environment holds: the two must not meet in one child.
    private IEnumerable<KeyValuePair<string, string>> Credentials() =>
        options.Value.ApiKey is { Length: > 0 }
            ? []
            : CredentialVariables
                .Where(options.Value.PassEnvironment.Contains)
                .Select(name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name) ?? ""))
                .Where(pair => pair.Value.Length > 0);

    // Read as text: what is no address for us may still be one for the CLI.
    private static bool HoldsPassword(string name) =>
        Environment.GetEnvironmentVariable(name) is { } value && value.Contains('@', StringComparison.Ordinal);

    private static string ResolveRoot(ClaudeOptions options) =>
        options.HomeDirectory is { Length: > 0 } home
            ? Path.GetFullPath(home)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "pilotlight", "claude");
}
