using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Connections.Security;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Pilotlight.Cluster.Calls;
using Pilotlight.Cluster.Membership;
using Pilotlight.Cluster.Nodes;
using Pilotlight.Cluster.Placement;
using Pilotlight.Cluster.Security;
using Pilotlight.Cluster.Threads;
using Pilotlight.Core.Nodes;
using Pilotlight.Core.Servers;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster;

/// <summary>Makes an application a node of a cluster.</summary>
public static class ClusterRegistration
{
    /// <summary>The meter to subscribe to.</summary>
    public const string MeterName = NodeMetrics.MeterName;

    // A fresh database, or a cluster of which nothing is left, takes some seconds.
    private static readonly TimeSpan JoinPatience = TimeSpan.FromMinutes(1);

    /// <summary>Adds it. Add it before storage and core, so that the node is there before turns are and goes after them.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="options">The node's settings, which must be valid.</param>
    /// <param name="connectionString">The PostgreSQL database of the storage.</param>
    /// <exception cref="ClusterException">The address or the certificate cannot be used.</exception>
    public static void AddPilotlightCluster(this IHostApplicationBuilder builder, ClusterOptions options, string connectionString)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        var services = builder.Services;
        var address = new IPEndPoint(options.FindAddress(), options.SiloPort);
        address.Port = options.SiloPort == 0 ? FreePort(address.Address) : options.SiloPort;
        var certificate = options.Certificate is { Length: > 0 } path ? ClusterCertificate.Read(path) : null;
        var name = new NodeName($"{Environment.MachineName}:{address.Port}", address.ToString());
        var database = new ClusterDatabase(connectionString);

        services.AddSingleton(Options.Create(options));
        services.AddSingleton(database);
        services.AddSingleton(name);
        services.AddHostedService<ClusterTables>();
        builder.UseOrleans(silo => Configure(silo, options, address, name, database, certificate));
        services.AddSingleton<IFatalErrorHandler, DeclaredDead>();
        services.Configure<ServerOptions>(server => (server.IsNode, server.Name) = (true, name.Name));

        services.AddSingleton<NodeTable>();
        services.AddSingleton<NodeClient>();
        services.AddSingleton<NodeCallers>();
        services.AddSingleton<INodes, ClusterNodes>();
        services.AddSingleton<ThreadPlacement>();
        services.AddSingleton<OwnedThreads>();
        services.AddSingleton<LocalTurns>();
        services.AddSingleton<ClusterTurns>();
        services.AddSingleton<ITurnNodes>(provider => provider.GetRequiredService<ClusterTurns>());
        services.AddSingleton<CallClient>();
        services.AddSingleton<ReceivedCalls>();
        services.AddSingleton<ICallNodes, ClusterCalls>();
        services.AddHostedService<NodeMetrics>();
        services.AddSingleton<NodeDeaths>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeDeaths>());
        services.AddHostedService<QuietNodes>();
        services.AddHostedService<NodePulse>();
        services.AddHostedService<HandOver>();
    }

    private static void Configure(
        ISiloBuilder silo, ClusterOptions options, IPEndPoint address, NodeName name, ClusterDatabase database, ClusterCertificate? certificate)
    {
        silo.UseAdoNetClustering(table => (table.Invariant, table.ConnectionString) = ("Npgsql", database.ConnectionString));
        silo.Services.AddSerializer(serializer => serializer.AddAssembly(typeof(ThreadGrain).Assembly));
        silo.Configure<Orleans.Configuration.ClusterOptions>(cluster => (cluster.ClusterId, cluster.ServiceId) = (options.ServiceId, options.ServiceId));
        silo.Configure<SiloOptions>(node => node.SiloName = name.Name);
        silo.Configure<EndpointOptions>(endpoint =>
        {
            // No port for clients: there are none but the nodes.
            (endpoint.AdvertisedIPAddress, endpoint.SiloPort, endpoint.GatewayPort) = (address.Address, address.Port, 0);
            endpoint.SiloListeningEndpoint = address;
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            // A killed node is gone after one to two seconds, a frozen one after six: docs/decisions/0018. A node that only starts on a busy machine must not seem to be
            // either: by itself the runtime would shorten the timeout to half where answers come fast.
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.MinProbeTimeout = TimeSpan.FromSeconds(1);
            membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
            membership.NumMissedProbesLimit = 4;
            membership.NumVotesForDeathDeclaration = 2;
            membership.EnableConnectionLivenessCheck = true;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(2);
            membership.MaxJoinAttemptTime = JoinPatience;
        });
        silo.AddGrainService<NodeService>();
        silo.AddGrainService<CallService>();
        if (certificate is not null)
        {
            silo.UseTls(certificate.Own, tls =>
            {
                tls.RemoteCertificateMode = RemoteCertificateMode.RequireCertificate;
                tls.ClientCertificateMode = RemoteCertificateMode.RequireCertificate;
                tls.RemoteCertificateValidation = (shown, _, _) => certificate.Is(shown);
                tls.OnAuthenticateAsClient = (_, client) => client.TargetHost = "pilotlight";
            });
        }
    }

    // It is listened on seconds later. So none of those that the system gives to outgoing connections meanwhile, which begin at 32768 where nobody has changed that.
    private static int FreePort(IPAddress address)
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            try
            {
                using var listener = new TcpListener(address, port);
                listener.Start();
                return port;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
            }
        }
    }
}
