using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace Pilotlight.Claude.Tests.Sandbox;

/// <summary>What there is to be had on the machine outside of the walls: open to every user, so that nothing but walls keeps it.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class EscapeTarget : IDisposable
{
    /// <summary>Stands in the secret, in every answer, and in what is kept in memory.</summary>
    public const string Canary = "canary-7f3a";

    private readonly DirectoryInfo _folder = Directory.CreateDirectory($"/var/tmp/pilotlight-target-{Guid.NewGuid():N}");
    private readonly TcpListener _web = new(IPAddress.IPv6Any, 0);
    private readonly Socket _file = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Socket _abstract = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Process _victim = Process.Start("/bin/sleep", "600");
    private readonly CancellationTokenSource _stop = new();

    public EscapeTarget()
    {
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_111_111);
        File.WriteAllText(Secret, Canary);
        File.WriteAllText(SharedMemory, Canary);
        _web.Server.DualMode = true;
        _web.Start();
        _file.Bind(new UnixDomainSocketEndPoint(SocketPath));
        File.SetUnixFileMode(SocketPath, (UnixFileMode)0b111_111_111);
        _abstract.Bind(new UnixDomainSocketEndPoint('\0' + AbstractName));
        _file.Listen();
        _abstract.Listen();
        _ = AnswerAsync(_web.Server);
        _ = AnswerAsync(_file);
        _ = AnswerAsync(_abstract);
    }

    public string Folder => _folder.FullName;

    public string Secret => Path.Combine(Folder, "secret");

    public string SharedMemory { get; } = $"/dev/shm/pilotlight-target-{Guid.NewGuid():N}";

    public string SocketPath => Path.Combine(Folder, "socket");

    public string AbstractName { get; } = $"pilotlight-target-{Guid.NewGuid():N}";

    /// <summary>A System V queue.</summary>
    public string Queue { get; } = MakeQueue();

    public int Port => ((IPEndPoint)_web.LocalEndpoint).Port;

    public int Victim => _victim.Id;

    public bool IsVictimAlive => !_victim.HasExited;

    /// <summary>An address of this machine's that is not loopback's; nothing leaves the machine on the way to it.</summary>
    public string OwnAddress { get; } = NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses)
        .Select(one => one.Address).FirstOrDefault(one => one.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(one))?.ToString() ?? "127.0.0.2";

    /// <summary>What was left where only somebody outside could leave it.</summary>
    public IEnumerable<string> Planted() => _folder.EnumerateFiles().Select(file => file.Name).Except(["secret", "socket"]);

    public void Dispose()
    {
        _stop.Cancel();
        _web.Dispose();
        _file.Dispose();
        _abstract.Dispose();
        _victim.Kill();
        Process.Start("ipcrm", ["-q", Queue]).WaitForExit();
        _victim.Dispose();
        File.Delete(SharedMemory);
        _folder.Delete(recursive: true);
        _stop.Dispose();
    }

    private static string MakeQueue()
    {
        using var make = Process.Start(new ProcessStartInfo("ipcmk", ["-Q", "-p", "0666"]) { RedirectStandardOutput = true })!;
        var words = make.StandardOutput.ReadToEnd();
        make.WaitForExit();
        return words.Trim().Split(' ')[^1];
    }

    private async Task AnswerAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                using var one = await listener.AcceptAsync(_stop.Token);
                await one.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {Canary.Length}\r\n\r\n{Canary}"));
                one.Shutdown(SocketShutdown.Send);
                while (await one.ReceiveAsync(new byte[4096], _stop.Token) > 0)
                {
                }
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }
}
