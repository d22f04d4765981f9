using System.Data.Common;
using System.Diagnostics;
using Pilotlight.Testing;

namespace Pilotlight.Chaos;

/// <summary>A way in which a database goes away for a while.</summary>
internal interface IOutage
{
    string Name { get; }

    Task BeginAsync();

    Task EndAsync();
}

/// <summary>PostgreSQL is stopped and started again: in order, or as after a crash.</summary>
internal sealed class StoppedPostgreSql(PostgreSqlCluster cluster, bool isCrash) : IOutage
{
    public string Name => isCrash ? "PostgreSQL crashed" : "PostgreSQL stopped";

    public Task BeginAsync() => cluster.StopAsync(isCrash);

    public Task EndAsync() => cluster.RestartAsync(CancellationToken.None);
}

/// <summary>Another process holds SQLite's file locked.</summary>
internal sealed class LockedSqlite(GatewayRig rig) : IOutage
{
    private DbConnection? _holder;

    public string Name => "SQLite locked";

    public async Task BeginAsync()
    {
        _holder = rig.Connect();
        await _holder.OpenAsync();
        await Sql.ExecuteAsync(_holder, "BEGIN EXCLUSIVE");
    }

    public async Task EndAsync()
    {
        await Sql.ExecuteAsync(_holder!, "ROLLBACK");
        await _holder!.DisposeAsync();
    }
}

/// <summary>SQLite's disk has not a byte left. Needs a small disk of its own.</summary>
internal sealed class FullDisk(GatewayRig rig, SmallDisk disk) : IOutage
{
    private string Ballast => Path.Combine(disk.Folder, "ballast");

    public string Name => "SQLite's disk full";

    public async Task BeginAsync()
    {
        // An empty write-ahead log has no room of its own to write into.
        await using var connection = rig.Connect();
        await connection.OpenAsync();
        await Sql.ExecuteAsync(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
        try
        {
            await using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            var block = new byte[4096];
            while (true)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public Task EndAsync()
    {
        File.Delete(Ballast);
        return Task.CompletedTask;
    }
}

/// <summary>A disk in memory; only root can have one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pilotlight-disk-");

    /// <exception cref="InvalidOperationException">It cannot be mounted.</exception>
    public SmallDisk()
    {
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=24m", "none", Folder]);
        mount.WaitForExit();
        if (mount.ExitCode != 0)
        {
            _folder.Delete();
            throw new InvalidOperationException("A small disk in memory could not be mounted, which takes root: a full disk cannot be tried.");
        }
    }

    public string Folder => _folder.FullName;

    public void Dispose()
    {
        using var unmount = Process.Start("umount", [Folder]);
        unmount.WaitForExit();
        _folder.Delete();
    }
}

internal static class Sql
{
    public static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
