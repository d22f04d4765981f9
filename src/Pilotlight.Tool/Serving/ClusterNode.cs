using System.ComponentModel.DataAnnotations;
using Pilotlight.Cluster;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Serving;

/// <summary>A gateway that is a node of a cluster. Nothing of the cluster's runtime is loaded before this is asked for.</summary>
internal static class ClusterNode
{
    /// <summary>Adds it; the settings have been checked.</summary>
    public static void Add(WebApplicationBuilder builder) => builder.AddPilotlightCluster(OptionsOf(builder.Configuration), DatabaseOf(builder.Configuration)!);

    /// <summary>What is wrong with the settings of a node, a sentence for each.</summary>
    public static IEnumerable<string> Faults(IConfiguration configuration)
    {
        if (DatabaseOf(configuration) is null)
        {
            yield return "A cluster's nodes share a PostgreSQL database: set Pilotlight:Storage:Provider to PostgreSql and Pilotlight:Storage:ConnectionString, or leave out --cluster.";
        }

        var options = OptionsOf(configuration);
        foreach (var fault in options.Validate(new ValidationContext(options)))
        {
            yield return $"{ClusterOptions.Section}: {fault.ErrorMessage}";
        }
    }

    /// <summary>The settings of a node.</summary>
    public static ClusterOptions OptionsOf(IConfiguration configuration) => configuration.GetSection(ClusterOptions.Section).Get<ClusterOptions>() ?? new ClusterOptions();

    /// <summary>The database that nodes share; null where the settings name none.</summary>
    public static string? DatabaseOf(IConfiguration configuration) =>
        configuration.GetSection(StorageOptions.Section).Get<StorageOptions>() is { Provider: StorageProvider.PostgreSql, ConnectionString: { Length: > 0 } connection } ? connection : null;
}
