using System.Data.Common;
using Microsoft.Data.Sqlite;
using Pilotlight.Core.Storage;
using Pilotlight.Storage.Sql;

namespace Pilotlight.Storage.Sqlite;

/// <summary>One connection for all writes and a few for reads, kept open, their statements prepared.</summary>
/// <remarks>
/// A write takes its turn at the gate. SQLite's driver works synchronously, so a transaction runs through on its caller's
/// thread in some ten microseconds. Commits are not gathered: with synchronous=NORMAL there is no flush to share. What has been
/// written is moved from the log into the data file beside the writes: SQLite's own way does it within one, which waits for the disk.
/// </remarks>
internal sealed class SqliteDatabase(string connectionString, WriteGate gate) : Database
{
    private const int MaxIdleReaders = 8;
    private const int WritesBetweenCheckpoints = 64;

    // Pages in the log from which on a write does move them, should nobody have done it before: 40 MiB.
    private const int MostPages = 10_000;

    private readonly System.Collections.Concurrent.ConcurrentBag<SqliteSession> _readers = [];
    private SqliteSession? _writer;
    private int _writes;
    private Task _checkpoint = Task.CompletedTask;
    private bool _disposed;

    public override async ValueTask<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        using var pass = await gate.EnterAsync(cancellationToken);
        ObjectDisposedException.ThrowIf(_disposed, this);
        SqliteSession? session = null;
        try
        {
            session = _writer ??= await OpenWriterAsync();
            session.Begin();
            await session.ExecuteAsync("BEGIN IMMEDIATE", cancellationToken);
            var result = await work(session);
            await session.ExecuteAsync(session.IsAbandoned ? "ROLLBACK" : "COMMIT", CancellationToken.None);
            if (++_writes >= WritesBetweenCheckpoints && _checkpoint.IsCompleted)
            {
                (_writes, _checkpoint) = (0, Task.Run(CheckpointAsync, CancellationToken.None));
            }

            return result;
        }
        catch (Exception fault)
        {
            // Whatever state it is in: closing it rolls back, and the next write opens another.
            _writer = null;
            session?.Dispose();
            if (Explain(fault) is { } unavailable)
            {
                throw unavailable;
            }

            throw;
        }
    }

    public override async ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        var (session, isSound) = (default(SqliteSession), false);
        try
        {
            if (!_readers.TryTake(out session))
            {
                session = new SqliteSession(connectionString);
            }

            var result = await work(session);
            isSound = true;
            return result;
        }
        catch (Exception fault) when (Explain(fault) is { } unavailable)
        {
            throw unavailable;
        }
        finally
        {
            if (isSound && !_disposed && _readers.Count < MaxIdleReaders)
            {
                _readers.Add(session!);
            }
            else
            {
                session?.Dispose();
            }
        }
    }

    public override StorageUnavailableException? Explain(Exception fault) => Find<SqliteException>(fault) is { } told && IsUnavailable(told.SqliteErrorCode)
        ? new StorageUnavailableException($"The data file cannot be read or written: {told.Message} See to its disk and to who else has it open; then try again.", told)
        : null;

    // Not permitted, busy, locked, out of memory, read-only, I/O, corrupt, full, cannot be opened, locking protocol, no database.
    private static bool IsUnavailable(int code) => code is 3 or 5 or 6 or 7 or 8 or 10 or 11 or 13 or 14 or 15 or 26;

    public override async ValueTask DisposeAsync()
    {
        using var pass = await gate.EnterAsync(CancellationToken.None);
        _disposed = true;
        await _checkpoint;
        _writer?.Dispose();
        _writer = null;
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    private async ValueTask<SqliteSession> OpenWriterAsync()
    {
        var session = new SqliteSession(connectionString);
        await session.NumberAsync($"PRAGMA wal_autocheckpoint = {MostPages}", CancellationToken.None);
        return session;
    }

    // Stands in no writer's way, and leaves what a reader still needs to the next one.
    private async Task CheckpointAsync()
    {
        try
        {
            await ReadAsync(session => session.NumberAsync("PRAGMA wal_checkpoint(PASSIVE)", CancellationToken.None), CancellationToken.None);
        }
        catch (Exception)
        {
            // The disk's faults are told by the writes that meet them; the log stays whole.
        }
    }
}

internal sealed class SqliteSession : Session, IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _commands = new(StringComparer.Ordinal);

    public SqliteSession(string connectionString)
    {
        _connection = new SqliteConnection(connectionString);
        try
        {
            _connection.Open();
            NormalSynchronous.Apply(_connection);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public override ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        new(Prepare(sql, parameters).ExecuteNonQuery());

    public override ValueTask<List<T>> QueryAsync<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        var rows = new List<T>();
        using var reader = Prepare(sql, parameters).ExecuteReader();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return new(rows);
    }

    public void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, (string Name, object? Value)[] parameters)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            foreach (var (name, _) in parameters)
            {
                command.Parameters.Add(new SqliteParameter("@" + name, null));
            }

            _commands.Add(sql, command);
        }

        for (var at = 0; at < parameters.Length; at++)
        {
            command.Parameters[at].Value = parameters[at].Value is string text ? Plain.Text(text) : parameters[at].Value ?? DBNull.Value;
        }

        return command;
    }
}
