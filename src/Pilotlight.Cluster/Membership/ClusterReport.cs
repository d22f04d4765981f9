using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Npgsql;
using Orleans.Runtime;
using Pilotlight.Cluster.Security;

namespace Pilotlight.Cluster.Membership;

/// <summary>One thing that was looked at before a node is started.</summary>
/// <param name="Name">What.</param>
/// <param name="Fault">Null when it is as it should be; else what to do about it.</param>
/// <param name="Value">What was found.</param>
public sealed record ClusterFinding(string Name, string Value, string? Fault = null);

/// <summary>Looks at what a node needs, without being one.</summary>
public static class ClusterReport
{
    /// <summary>What there is, and what is missing.</summary>
    /// <param name="options">The node's settings.</param>
    /// <param name="connectionString">The PostgreSQL database; null where the settings name none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<IReadOnlyList<ClusterFinding>> RunAsync(ClusterOptions options, string? connectionString, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        var findings = new List<ClusterFinding> { Address(options), Certificate(options) };
        if (connectionString is null)
        {
            findings.Add(new("cluster database", "none", "Set Pilotlight:Storage:Provider to PostgreSql and Pilotlight:Storage:ConnectionString to the database that all nodes share."));
            return findings;
        }

        try
        {
            findings.AddRange(await MembersAsync(options, new ClusterDatabase(connectionString), cancellationToken));
        }
        catch (Exception fault) when (fault is NpgsqlException or SocketException or TimeoutException)
        {
            findings.Add(new("cluster database", fault.Message, "Correct Pilotlight:Storage:ConnectionString, or start the database."));
        }

        return findings;
    }

    private static ClusterFinding Address(ClusterOptions options)
    {
        IPAddress address;
        try
        {
            address = options.FindAddress();
        }
        catch (ClusterException fault)
        {
            return new("cluster address", options.Advertise, fault.Message);
        }

        var isOurs = IPAddress.IsLoopback(address) || NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses).Any(own => own.Address.Equals(address));
        var at = new IPEndPoint(address, options.SiloPort);
        if (!isOurs)
        {
            return new("cluster address", at.ToString(), "No network card of this machine has it. Set Pilotlight:Cluster:Advertise to an address of this machine that the other nodes reach.");
        }

        try
        {
            using var listener = new TcpListener(at);
            listener.Start();
            return new("cluster address", $"{at}, free");
        }
        catch (SocketException fault)
        {
            return new("cluster address", $"{at}, in use", $"A node runs here already, or something else listens there ({fault.Message}): stop it, or set Pilotlight:Cluster:SiloPort.");
        }
    }

    private static ClusterFinding Certificate(ClusterOptions options)
    {
        if (options.Certificate is not { Length: > 0 } path)
        {
            return options.Validate(new(options)).FirstOrDefault() is { } fault
                ? new("cluster certificate", "none", fault.ErrorMessage)
                : new("cluster certificate", "none: only nodes of this machine can take part");
        }

        try
        {
            var own = ClusterCertificate.Read(path).Own;
            return new("cluster certificate", $"{own.Subject}, SHA-256 {own.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256)[..16]}…: all nodes must say the same");
        }
        catch (ClusterException fault)
        {
            return new("cluster certificate", path, fault.Message);
        }
    }

    private static async Task<List<ClusterFinding>> MembersAsync(ClusterOptions options, ClusterDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenAsync(cancellationToken);
        var findings = new List<ClusterFinding> { new("cluster database", $"PostgreSQL {connection.PostgreSqlVersion} at {connection.Host}:{connection.Port}, '{connection.Database}'") };
        await using (var made = new NpgsqlCommand("SELECT to_regclass('cluster_service')::text", connection))
        {
            if (await made.ExecuteScalarAsync(cancellationToken) is not string)
            {
                findings.Add(new("cluster nodes", "none has been started on this database yet"));
                return findings;
            }
        }

        await using (var named = new NpgsqlCommand("SELECT serviceid FROM cluster_service", connection))
        {
            var service = await named.ExecuteScalarAsync(cancellationToken) as string;
            if (service is not null && service != options.ServiceId)
            {
                findings.Add(new("cluster name", service, $"Pilotlight:Cluster:ServiceId is '{options.ServiceId}', and the database belongs to '{service}': name that, or another database."));
                return findings;
            }
        }

        await using var members = new NpgsqlCommand(
            "SELECT siloname, address, port, status, extract(epoch FROM now() - iamalivetime) FROM cluster_members WHERE status BETWEEN 1 AND 5 ORDER BY siloname", connection);
        await using var reader = await members.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var (name, silent) = (reader.GetString(0), TimeSpan.FromSeconds((double)reader.GetDecimal(4)));
            var value = $"{reader.GetString(1)}:{reader.GetInt32(2)}, {((SiloStatus)reader.GetInt32(3)).ToString().ToLowerInvariant()}, told that it lives {silent.TotalSeconds:0} s ago";
            findings.Add(silent < TimeSpan.FromSeconds(30)
                ? new($"cluster node {name}", value)
                : new($"cluster node {name}", value, "It is gone, and no other node was there to say so: the next one that starts does. If it runs, look at its clock and at its way to the database."));
        }

        if (findings.Count == 1)
        {
            findings.Add(new("cluster nodes", "none runs"));
        }

        return findings;
    }
}
