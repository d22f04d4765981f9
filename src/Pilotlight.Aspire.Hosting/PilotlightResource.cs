using System.Globalization;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Pilotlight's gateway, run by the tool <c>pilotlight</c>. Its connection string is <c>Endpoint=ADDRESS</c>, with <c>;Key=KEY</c> where clients show one.</summary>
/// <param name="name">The resource's name.</param>
/// <param name="workingDirectory">Where the tool runs.</param>
public sealed class PilotlightResource(string name, string workingDirectory)
    : ExecutableResource(name, DefaultTool, workingDirectory), IResourceWithConnectionString
{
    internal const string DefaultTool = "pilotlight";
    internal const string EndpointName = "http";

    private EndpointReference? _endpoint;

    /// <summary>Where it listens.</summary>
    public EndpointReference Endpoint => _endpoint ??= new EndpointReference(this, EndpointName);

    /// <summary>The key of the gateway's that clients show; null for none.</summary>
    public ParameterResource? ClientKey { get; internal set; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression => ClientKey is null
        ? ReferenceExpression.Create($"Endpoint={Endpoint.Property(EndpointProperty.Url)}")
        : ReferenceExpression.Create($"Endpoint={Endpoint.Property(EndpointProperty.Url)};Key={ClientKey}");

    /// <summary>The tool: a command on PATH, a path, or a path that ends in <c>.dll</c>, which <c>dotnet</c> runs.</summary>
    internal string Tool { get; set; } = DefaultTool;

    internal string DataFolder { get; set; } = "";

    internal bool IsSimulated { get; set; }

    /// <summary>Settings of the gateway's, each by its name such as <c>Pilotlight:Pool:Size</c>.</summary>
    internal Dictionary<string, object> Settings { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Further gateways on the same database.</summary>
    internal List<PilotlightResource> Replicas { get; } = [];

    internal bool RunsByDotNet => Tool.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);

    internal IEnumerable<object> Arguments()
    {
        if (RunsByDotNet)
        {
            yield return Tool;
        }

        yield return "serve";
        yield return "--data";
        yield return DataFolder;
        yield return "--urls";
        yield return ReferenceExpression.Create($"http://127.0.0.1:{Endpoint.Property(EndpointProperty.TargetPort)}");
        if (IsSimulated)
        {
            yield return "--simulate";
        }
    }

    internal static string Variable(string setting) => setting.Replace(":", "__", StringComparison.Ordinal);

    internal static object Value(object value) => value is IFormattable formattable and not IValueProvider ? formattable.ToString(null, CultureInfo.InvariantCulture) : value;
}
