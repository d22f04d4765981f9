using System.Data.Common;
using Pilotlight.Core.Storage;

namespace Pilotlight.Storage.Sql;

/// <summary>A database as the hot paths use it: statements in SQL that every supported database understands.</summary>
/// <remarks>Safe for concurrent use.</remarks>
internal abstract class Database : IAsyncDisposable
{
    /// <summary>Does work in one transaction, which is committed unless the work abandons it or throws.</summary>
    public abstract ValueTask<T> WriteAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken);

    /// <summary>Runs statements in one transaction, in one exchange where the database allows it; returns how many rows the first changed.</summary>
    public virtual ValueTask<int> WriteAllAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken) =>
        WriteAsync(session => session.ExecuteAllAsync(statements, cancellationToken), cancellationToken);

    /// <summary>Reads outside a transaction.</summary>
    public abstract ValueTask<T> ReadAsync<T>(Func<Session, ValueTask<T>> work, CancellationToken cancellationToken);

    /// <summary>What a fault of the driver's, or one that holds it, is to callers; null when it does not say that the store cannot be used.</summary>
    public abstract StorageUnavailableException? Explain(Exception fault);

    public abstract ValueTask DisposeAsync();

    /// <summary>The fault of a kind in a chain of them, or null.</summary>
    protected static T? Find<T>(Exception? fault)
        where T : Exception
    {
        while (fault is not (null or T))
        {
            fault = fault.InnerException;
        }

        return fault as T;
    }
}

/// <summary>A statement with its parameters.</summary>
internal readonly record struct Statement(string Sql, params (string Name, object? Value)[] Parameters);

/// <summary>Statements on one connection. Not for concurrent use.</summary>
internal abstract class Session
{
    /// <summary>Whether the transaction is to be rolled back.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>Has the transaction rolled back at its end, and passes a result on.</summary>
    public T Abandon<T>(T result)
    {
        IsAbandoned = true;
        return result;
    }

    public void Begin() => IsAbandoned = false;

    /// <summary>Runs a statement and returns how many rows it changed.</summary>
    public abstract ValueTask<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters);

    /// <summary>Runs statements one after the other, in one exchange where the database allows it; returns how many rows the first changed.</summary>
    public virtual async ValueTask<int> ExecuteAllAsync(IReadOnlyList<Statement> statements, CancellationToken cancellationToken)
    {
        var first = 0;
        for (var at = 0; at < statements.Count; at++)
        {
            var changed = await ExecuteAsync(statements[at].Sql, cancellationToken, statements[at].Parameters);
            first = at == 0 ? changed : first;
        }

        return first;
    }

    /// <summary>All rows of a query.</summary>
    public abstract ValueTask<List<T>> QueryAsync<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters);

    /// <summary>The first row of a query; null without any.</summary>
    public async ValueTask<T?> FirstAsync<T>(
        string sql, Func<DbDataReader, T> read, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
        where T : class => (await QueryAsync(sql, read, cancellationToken, parameters)) is [var first, ..] ? first : null;

    /// <summary>A single number; null without a row.</summary>
    public async ValueTask<long?> NumberAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters) =>
        (await QueryAsync(sql, reader => reader.GetInt64(0), cancellationToken, parameters)) is [var first, ..] ? first : null;
}
