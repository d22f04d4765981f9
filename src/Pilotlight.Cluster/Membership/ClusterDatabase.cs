using Npgsql;

namespace Pilotlight.Cluster.Membership;

/// <summary>The database that the nodes share, by a few connections of the membership's own: a busy pool of turns must not make a node seem dead.</summary>
internal sealed class ClusterDatabase(string connectionString)
{
    /// <summary>What Orleans connects with: whatever hangs is given up soon, since it is asked again at once.</summary>
    public string ConnectionString { get; } = new NpgsqlConnectionStringBuilder(connectionString)
    {
        ApplicationName = "pilotlight-cluster",
        MaxPoolSize = 5,
        Timeout = 5,
        CommandTimeout = 5,
        MaxAutoPrepare = 0,
    }.ConnectionString;

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(ConnectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
