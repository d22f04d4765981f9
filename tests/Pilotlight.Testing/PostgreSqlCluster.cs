using System.Diagnostics;

namespace Pilotlight.Testing;

/// <summary>A PostgreSQL server of one's own: in a temporary folder, on loopback, gone with its owner.</summary>
/// <remarks>
/// Needs Debian's package <c>postgresql</c>. PostgreSQL refuses to run as root, so root starts it as <c>postgres</c>. Its
/// disk flushes are off: what is tested is kills of the gateway, not of the machine.
/// </remarks>
public sealed class PostgreSqlCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _folder;
    private readonly string[] _arguments;
    private Process _server;
    private int _databases;

    private PostgreSqlCluster(DirectoryInfo folder, string[] arguments, int port)
    {
        (_folder, _arguments, Port) = (folder, arguments, port);
        _server = Start(Program("postgres"), arguments, asPostgres: true);
    }

    /// <summary>The server's process.</summary>
    public int ProcessId => _server.Id;

    /// <summary>The port of loopback that it listens on.</summary>
    public int Port { get; }

    /// <summary>Makes a cluster and waits until it answers.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="flushes">Whether commits wait for the disk, as they do in production.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed or does not start; says what to do.</exception>
    public static async Task<PostgreSqlCluster> StartAsync(CancellationToken cancellationToken, bool flushes = false)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var folder = Directory.CreateTempSubdirectory("pilotlight-pg-");
        try
        {
            if (IsRoot)
            {
                await RunAsync("chown", ["postgres", folder.FullName], asPostgres: false, patience.Token);
            }

            var data = Path.Combine(folder.FullName, "data");
            await RunAsync(Program("initdb"), ["-D", data, "-U", "pilotlight", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"], asPostgres: true, patience.Token);
            var port = FreePorts.Next();
            string[] arguments =
            [
                "-D", data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={folder.FullName}",
                "-c", "max_connections=120", .. flushes ? (string[])[] : ["-c", "fsync=off", "-c", "synchronous_commit=off"],
            ];
            var cluster = new PostgreSqlCluster(folder, arguments, port);
            try
            {
                await cluster.WaitAsync(patience.Token);
                return cluster;
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }
        catch
        {
            if (folder.Exists)
            {
                folder.Delete(recursive: true);
            }

            throw;
        }
    }

    /// <summary>Makes a new, empty database and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await RunAsync(Program("createdb"), ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "pilotlight", name], asPostgres: false, patience.Token);
        return $"Host=127.0.0.1;Port={Port};Username=pilotlight;Database={name};Maximum Pool Size=40;Timeout=60;Command Timeout=120";
    }

    /// <summary>Stops the server, in order or as a crash would; what was committed is there again after <see cref="RestartAsync"/>.</summary>
    public async Task StopAsync(bool isCrash = false)
    {
        if (!_server.HasExited)
        {
            // SIGINT is its fast stop: connections are ended, nothing is waited for. SIGQUIT leaves the rest to the next start.
            using var signal = Process.Start("/bin/kill", [isCrash ? "-QUIT" : "-INT", $"{_server.Id}"]);
            try
            {
                await _server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
            }
            catch (TimeoutException)
            {
                _server.Kill(entireProcessTree: true);
                await _server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
            }
        }
    }

    /// <summary>Starts the server that was stopped, with its data and on its port, and waits until it answers.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        _server.Dispose();
        _server = Start(Program("postgres"), _arguments, asPostgres: true);
        await WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _server.Dispose();
        _folder.Refresh();
        if (_folder.Exists)
        {
            _folder.Delete(recursive: true);
        }
    }

    private static bool IsRoot => Environment.UserName == "root";

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_server.HasExited)
            {
                throw new InvalidOperationException($"PostgreSQL ended at its start with exit code {_server.ExitCode}.");
            }

            using var ready = Start(Program("pg_isready"), ["-q", "-h", "127.0.0.1", "-p", $"{Port}"], asPostgres: false);
            await ready.WaitForExitAsync(cancellationToken);
            if (ready.ExitCode == 0)
            {
                return;
            }

            await Task.Delay(50, cancellationToken);
        }
    }

    private static string Program(string name)
    {
        var found = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin", name)).FirstOrDefault(File.Exists)
            : null;
        return found ?? throw new InvalidOperationException(
            $"PostgreSQL's '{name}' was not found under /usr/lib/postgresql. Install it: apt-get install -y postgresql. ./test.sh does so as root.");
    }

    private static async Task RunAsync(string program, string[] arguments, bool asPostgres, CancellationToken cancellationToken)
    {
        using var process = Start(program, arguments, asPostgres);
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var error = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.WaitForExitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with exit code {process.ExitCode}: {await error}{await output}");
        }
    }

    private static Process Start(string program, string[] arguments, bool asPostgres)
    {
        var start = asPostgres && IsRoot
            ? new ProcessStartInfo("setpriv", ["--reuid=postgres", "--regid=postgres", "--init-groups", "--", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = "/";
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["LC_ALL"] = "C";
        var process = Process.Start(start)!;
        if (Path.GetFileName(program) is "postgres" or "pg_isready")
        {
            // Its log is nobody's; a full pipe would stop it.
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        return process;
    }
}
