using System.Net.Sockets;
using System.Text;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>The gateway as a service of systemd's.</summary>
public sealed class SystemdTests : EndToEndTest
{
    [Fact]
    public async Task It_says_that_it_is_ready_that_it_lives_and_that_it_stops()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no systemd elsewhere.");
        var path = Path.Combine(Data, "notify");
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "400000" };
        await using var gateway = await GatewayProcess.StartAsync(Path.Combine(Data, "data"), Token, environment, "--simulate");

        var said = await UntilAsync(systemd, "READY=1");
        said += await UntilAsync(systemd, "WATCHDOG=1");
        said += await UntilAsync(systemd, "WATCHDOG=1");
        Assert.Equal(0, await gateway.StopAsync(Token));
        said += await UntilAsync(systemd, "STOPPING=1");

        Assert.Equal(1, said.Split("READY=1").Length - 1);
    }

    private async Task<string> UntilAsync(Socket systemd, string wanted)
    {
        var said = new StringBuilder();
        var buffer = new byte[4096];
        while (true)
        {
            var read = await systemd.ReceiveAsync(buffer, Token);
            var message = Encoding.UTF8.GetString(buffer, 0, read);
            said.AppendLine(message);
            if (message.Contains(wanted, StringComparison.Ordinal))
            {
                return said.ToString();
            }
        }
    }
}
