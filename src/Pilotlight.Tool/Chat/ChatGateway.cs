using Pilotlight.Client;
using Pilotlight.Tool.Cli;
using Pilotlight.Tool.Client;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Chat;

/// <summary>The gateway that a chat talks to: the one that has the data folder, whose processes are warm already, or one of its own.</summary>
internal sealed class ChatGateway : IAsyncDisposable
{
    private readonly GatewayServer? _own;

    private ChatGateway(GatewayServer? own, Uri address) => (_own, Client, Address) = (own, Gateways.Open(address), address);

    public PilotlightClient Client { get; }

    public Uri Address { get; }

    /// <summary>Whether it ends with the chat.</summary>
    public bool IsOwn => _own is not null;

    /// <exception cref="StartException">There is none and none can be started.</exception>
    public static async Task<ChatGateway> OpenAsync(string folder, bool simulate, bool mayFetch, CancellationToken cancellationToken)
    {
        if (DataFolder.FindServer(folder) is { } running)
        {
            return new ChatGateway(null, running);
        }

        var settings = new ServeSettings("http://127.0.0.1:0", folder, simulate, [], IsQuiet: true);
        var cli = await new CliSetup(folder).EnsureAsync(settings.ReadConfiguration(), mayFetch || simulate, cancellationToken);
        var own = await GatewayServer.StartAsync(settings with { Cli = cli }, cancellationToken);
        if (await own.MissingAsync(cancellationToken) is { } missing)
        {
            var offer = CliSetup.Offer(own.Cli);
            await own.DisposeAsync();
            throw new StartException(missing + offer);
        }

        return new ChatGateway(own, own.Addresses[0]);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_own is not null)
        {
            await _own.DisposeAsync();
        }
    }
}
