using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Pilotlight.Wire;

namespace Pilotlight.Claude.Network;

/// <summary>Puts other keys and upstreams onto the wire when the configuration changes, while processes live and turns run.</summary>
/// <remarks>Wrong settings change nothing and are logged, each fault.</remarks>
internal sealed partial class UpstreamReload : IDisposable
{
    private readonly ClaudeRelay _relay;
    private readonly IOptionsFactory<WireOptions> _options;
    private readonly string _name;
    private readonly ILogger<UpstreamReload> _logger;
    private readonly List<IDisposable> _watches;

    /// <param name="relay">What is changed.</param>
    /// <param name="sources">What says that the configuration has changed.</param>
    /// <param name="options">Makes the settings from it as it is then.</param>
    /// <param name="name">The options' name.</param>
    /// <param name="logger">Told what came of it.</param>
    public UpstreamReload(
        ClaudeRelay relay, IEnumerable<IOptionsChangeTokenSource<WireOptions>> sources, IOptionsFactory<WireOptions> options, string name, ILogger<UpstreamReload> logger)
    {
        (_relay, _options, _name, _logger) = (relay, options, name, logger);
        _watches = [.. sources.Where(source => (source.Name ?? name) == name).Select(source => ChangeToken.OnChange(source.GetChangeToken, Reload))];
    }

    public void Dispose() => _watches.ForEach(watch => watch.Dispose());

    private void Reload()
    {
        try
        {
            if (_relay.Change(_options.Create(_name).Upstreams))
            {
                LogChanged();
            }
        }
        catch (Exception fault) when (fault is OptionsValidationException or ArgumentException or InvalidOperationException)
        {
            LogRefused(fault.Message);
        }
    }

    [LoggerMessage(LogLevel.Information, "The upstreams have changed with the configuration; calls from now on use the new ones")]
    private partial void LogChanged();

    [LoggerMessage(LogLevel.Error, "The configuration has changed, and its upstreams cannot be used: {Cause} The old ones stay")]
    private partial void LogRefused(string cause);
}
