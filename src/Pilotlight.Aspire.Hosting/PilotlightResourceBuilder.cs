using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds Pilotlight's gateway to an app host.</summary>
/// <remarks>
/// The gateway is an executable: the tool <c>pilotlight</c>, which must be installed (<c>dotnet tool install -g pilotlight</c>) or named with
/// <see cref="WithTool"/>. It listens on 127.0.0.1 alone, so it needs no key while the app runs on one machine.
/// </remarks>
public static class PilotlightResourceBuilder
{
    /// <summary>Adds a gateway. It is healthy once turns can be served: a resource that needs it says <c>WaitFor</c>.</summary>
    /// <param name="builder">The app host.</param>
    /// <param name="name">Its name, and that of its connection string.</param>
    /// <param name="port">The port that it is called on. Default: a free one.</param>
    /// <returns>The gateway, with its data in <c>obj/pilotlight/NAME</c> of the app host's folder until <see cref="WithDataFolder"/> names another.</returns>
    public static IResourceBuilder<PilotlightResource> AddPilotlight(this IDistributedApplicationBuilder builder, [ResourceName] string name, int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var resource = new PilotlightResource(name, builder.AppHostDirectory)
        {
            DataFolder = Path.Combine(builder.AppHostDirectory, "obj", "pilotlight", name),
        };
        return Add(builder, resource, port);
    }

    /// <summary>The model of threads that name none: an alias such as <c>haiku</c>, or a name. Default: <c>sonnet</c>.</summary>
    public static IResourceBuilder<PilotlightResource> WithModel(this IResourceBuilder<PilotlightResource> builder, string model) =>
        builder.WithSetting("Pilotlight:Claude:Model", model);

    /// <summary>Answers come from the simulator: the real CLI, no model, no key, no cost.</summary>
    public static IResourceBuilder<PilotlightResource> WithSimulator(this IResourceBuilder<PilotlightResource> builder) =>
        Each(builder, resource => resource.IsSimulated = true);

    /// <summary>The key of the model's API. Without one the gateway has the app host's <c>ANTHROPIC_API_KEY</c>, or the CLI's sign-in.</summary>
    public static IResourceBuilder<PilotlightResource> WithApiKey(this IResourceBuilder<PilotlightResource> builder, IResourceBuilder<ParameterResource> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return builder.WithSetting("ANTHROPIC_API_KEY", key.Resource);
    }

    /// <summary>The key of the gateway's that clients show, as <c>pilotlight keys create</c> made it in the gateway's database. Default: none.</summary>
    public static IResourceBuilder<PilotlightResource> WithClientKey(this IResourceBuilder<PilotlightResource> builder, IResourceBuilder<ParameterResource> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return Each(builder, resource => resource.ClientKey = key.Resource);
    }

    /// <summary>Threads are kept in a PostgreSQL database, which the gateway waits for. Default: SQLite in the data folder.</summary>
    public static IResourceBuilder<PilotlightResource> WithDatabase(
        this IResourceBuilder<PilotlightResource> builder, IResourceBuilder<IResourceWithConnectionString> database)
    {
        ArgumentNullException.ThrowIfNull(database);
        builder.WithSetting("Pilotlight:Storage:Provider", "PostgreSql")
            .WithSetting("Pilotlight:Storage:ConnectionString", database.Resource.ConnectionStringExpression);
        foreach (var resource in All(builder))
        {
            builder.ApplicationBuilder.CreateResourceBuilder(resource).WaitFor(database);
        }

        return builder;
    }

    /// <summary>
    /// Further gateways <c>NAME-2</c>, <c>NAME-3</c> … on the same database, each with a data folder and processes of its own; a thread goes on at whichever is asked.
    /// Call it after <see cref="WithDatabase"/> and what else they are to have.
    /// </summary>
    /// <param name="builder">The first gateway, whose connection string stays its own.</param>
    /// <param name="count">How many there are in all.</param>
    /// <exception cref="InvalidOperationException">There is no PostgreSQL database that they could share.</exception>
    public static IResourceBuilder<PilotlightResource> WithReplicas(this IResourceBuilder<PilotlightResource> builder, int count)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var first = builder.Resource;
        if (count > 1 && !first.Settings.ContainsKey("Pilotlight:Storage:ConnectionString"))
        {
            throw new InvalidOperationException($"'{first.Name}' has no PostgreSQL database that {count} gateways could share. Call WithDatabase before WithReplicas.");
        }

        for (var number = first.Replicas.Count + 2; number <= count; number++)
        {
            var replica = new PilotlightResource($"{first.Name}-{number}", first.WorkingDirectory)
            {
                DataFolder = $"{first.DataFolder}-{number}", IsSimulated = first.IsSimulated, ClientKey = first.ClientKey, Tool = first.Tool,
            };
            foreach (var (name, value) in first.Settings)
            {
                replica.Settings[name] = value;
            }

            first.Replicas.Add(replica);

            // One after the other: the first brings the database to its schema.
            Add(builder.ApplicationBuilder, replica, null).WithParentRelationship(builder).WaitFor(builder);
        }

        return builder;
    }

    /// <summary>A setting of the gateway's by its name, <c>Pilotlight:Pool:Size</c> for instance. A wrong one stops its start, and its log says why.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="name">The setting.</param>
    /// <param name="value">Text, a number, true or false, a time, or an expression of Aspire's.</param>
    public static IResourceBuilder<PilotlightResource> WithSetting(this IResourceBuilder<PilotlightResource> builder, string name, object value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(value);
        return Each(builder, resource => resource.Settings[name] = value is bool flag ? (flag ? "true" : "false") : PilotlightResource.Value(value));
    }

    /// <summary>Where database, CLI and files are; kept from run to run. Two gateways cannot share one.</summary>
    public static IResourceBuilder<PilotlightResource> WithDataFolder(this IResourceBuilder<PilotlightResource> builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        builder.Resource.DataFolder = Path.GetFullPath(path, builder.ApplicationBuilder.AppHostDirectory);
        return builder;
    }

    /// <summary>The CLI's binary. Default: <c>claude</c> on PATH, or what <c>pilotlight setup</c> has fetched; with a simulator it is fetched by itself.</summary>
    public static IResourceBuilder<PilotlightResource> WithCli(this IResourceBuilder<PilotlightResource> builder, string path) =>
        builder.WithSetting("Pilotlight:Claude:Path", path);

    /// <summary>The tool to run. Default: <c>pilotlight</c> on PATH.</summary>
    /// <param name="builder">The gateway.</param>
    /// <param name="path">A command, a path, or a path that ends in <c>.dll</c>, which <c>dotnet</c> runs.</param>
    public static IResourceBuilder<PilotlightResource> WithTool(this IResourceBuilder<PilotlightResource> builder, string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        return Each(builder, resource =>
        {
            resource.Tool = path;
            resource.Annotations.OfType<ExecutableAnnotation>().Last().Command = resource.RunsByDotNet ? "dotnet" : path;
        });
    }

    private static IResourceBuilder<PilotlightResource> Add(IDistributedApplicationBuilder builder, PilotlightResource resource, int? port) => builder
        .AddResource(resource)
        .WithHttpEndpoint(port: port, name: PilotlightResource.EndpointName)
        .WithArgs(context =>
        {
            foreach (var argument in resource.Arguments())
            {
                context.Args.Add(argument);
            }
        })
        .WithEnvironment(context =>
        {
            foreach (var (name, value) in resource.Settings)
            {
                context.EnvironmentVariables[PilotlightResource.Variable(name)] = value;
            }
        })
        .WithOtlpExporter()
        .WithHttpHealthCheck("/healthz/ready", endpointName: PilotlightResource.EndpointName);

    private static IEnumerable<PilotlightResource> All(IResourceBuilder<PilotlightResource> builder) => builder.Resource.Replicas.Prepend(builder.Resource);

    private static IResourceBuilder<PilotlightResource> Each(IResourceBuilder<PilotlightResource> builder, Action<PilotlightResource> change)
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (var resource in All(builder))
        {
            change(resource);
        }

        return builder;
    }
}
