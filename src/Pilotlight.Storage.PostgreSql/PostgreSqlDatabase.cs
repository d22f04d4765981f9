using System.Data.Common;
using Npgsql;
using Pilotlight.Core.Storage;
using Pilotlight.Storage.Sql;

namespace Pilotlight.Storage.PostgreSql;

/// <summary>Connections of Npgsql's pool, their statements prepared by it. Several servers may share the database.</summary>
internal sealed class PostgreSqlDatabase(NpgsqlDataSource source) : Database
{
    // Two transactions that wait for each other are a matter of moments: PostgreSQL ends one, which then finds the way free.
    private const int MaxAttempts = 5;

    public override ValueTask<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken) =>
        PersistAsync(() => TryWriteAsync(work, cancellationToken));

    // A batch is a transaction of its own: it needs neither a beginning nor an end sent for it.
    public override ValueTask<int> WriteAllAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken) => PersistAsync(async () =>
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        return await new PostgreSqlSession(connection).ExecuteAllAsync(statements, cancellationToken);
    });

    private async ValueTask<T> PersistAsync<T>(Func<ValueTask<T>> write)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await write();
            }
            catch (PostgresException fault) when (attempt < MaxAttempts && IsTransient(fault))
            {
            }
            catch (Exception fault) when (Explain(fault) is { } unavailable)
            {
                throw unavailable;
            }
        }
    }

    public override async ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            return await work(new PostgreSqlSession(connection));
        }
        catch (Exception fault) when (Explain(fault) is { } unavailable)
        {
            throw unavailable;
        }
    }

    public override StorageUnavailableException? Explain(Exception fault)
    {
        if (Find<NpgsqlException>(fault) is not { } told || !IsUnavailable(told))
        {
            return null;
        }

        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        return new StorageUnavailableException($"PostgreSQL at {settings.Host}:{settings.Port} does not answer: {told.Message} Try again when it does.", told);
    }

    // The data source is its container's.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async ValueTask<T> TryWriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var session = new PostgreSqlSession(connection);
        var result = await work(session);
        if (session.IsAbandoned)
        {
            await transaction.RollbackAsync(CancellationToken.None);
        }
        else
        {
            await transaction.CommitAsync(CancellationToken.None);
        }

        return result;
    }

    // Not what a statement got wrong: the server cannot be reached, has no room, or is going down.
    private static bool IsUnavailable(NpgsqlException fault) =>
        fault is not PostgresException { SqlState: var state } || state[..2] is "08" or "53" or "57" or "58";

    // The last is of two that insert the same at the same moment: the other is there the next time we look.
    private static bool IsTransient(PostgresException fault) =>
        fault.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.UniqueViolation;
}

internal sealed class PostgreSqlSession(NpgsqlConnection connection) : Session
{
    public override async ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = Create(sql, parameters);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public override async ValueTask<int> ExecuteAllAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements)
        {
            var command = new NpgsqlBatchCommand(statement.Sql);
            Add(command.Parameters, statement.Parameters);
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        return batch.BatchCommands[0].RecordsAffected;
    }

    public override async ValueTask<List<T>> QueryAsync<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = Create(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private NpgsqlCommand Create(string sql, (string Name, object? Value)[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        Add(command.Parameters, parameters);
        return command;
    }

    private static void Add(NpgsqlParameterCollection to, (string Name, object? Value)[] parameters)
    {
        foreach (var (name, value) in parameters)
        {
            to.Add(new NpgsqlParameter(name, value is string text ? Plain.Text(text) : value ?? DBNull.Value));
        }
    }
}
