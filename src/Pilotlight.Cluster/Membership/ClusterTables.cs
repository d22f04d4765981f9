using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Pilotlight.Core.Storage;

namespace Pilotlight.Cluster.Membership;

/// <summary>Makes the tables that nodes find each other by, before the node starts.</summary>
/// <remarks>Any number of nodes may start at once, also of two releases: one after the other looks at them.</remarks>
internal sealed class ClusterTables(ClusterDatabase database, IOptions<ClusterOptions> options) : IHostedService
{
    // Any number that nothing else in the database uses as an advisory lock.
    private const long Lock = 0x50494c4f544c;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PrepareAsync(cancellationToken);
        }
        catch (NpgsqlException fault)
        {
            throw new StorageUnavailableException(
                $"The PostgreSQL database of the cluster cannot be used: {fault.Message} Correct Pilotlight:Storage:ConnectionString, or start the database.", fault);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync($"SELECT pg_advisory_xact_lock({Lock})", connection, cancellationToken);
        await ExecuteAsync(await ReadScriptAsync(cancellationToken), connection, cancellationToken);
        await using var name = new NpgsqlCommand("INSERT INTO cluster_service (serviceid) VALUES ($1) ON CONFLICT DO NOTHING", connection)
        {
            Parameters = { new() { Value = options.Value.ServiceId } },
        };
        await name.ExecuteNonQueryAsync(cancellationToken);
        await using var read = new NpgsqlCommand("SELECT serviceid FROM cluster_service", connection);
        var there = (string)(await read.ExecuteScalarAsync(cancellationToken))!;
        if (there != options.Value.ServiceId)
        {
            throw new ClusterException(
                $"The database belongs to the cluster '{there}', and Pilotlight:Cluster:ServiceId is '{options.Value.ServiceId}'. Name that cluster, or another database.");
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(string sql, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<string> ReadScriptAsync(CancellationToken cancellationToken)
    {
        using var script = new StreamReader(typeof(ClusterTables).Assembly.GetManifestResourceStream("Tables.sql")!);
        return await script.ReadToEndAsync(cancellationToken);
    }
}
