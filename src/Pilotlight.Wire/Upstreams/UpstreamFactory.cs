using Pilotlight.Wire.Protocols;

namespace Pilotlight.Wire.Upstreams;

/// <summary>Makes upstreams of settings, and says what is wrong with them.</summary>
internal static class UpstreamFactory
{
    private const string AnthropicAddress = "https://api.anthropic.com";

    /// <summary>Everything that is wrong, each with the value and the way out; a key is never repeated.</summary>
    public static IEnumerable<string> Faults(IReadOnlyList<UpstreamOptions> all)
    {
        for (var i = 0; i < all.Count; i++)
        {
            foreach (var fault in Faults(all[i]))
            {
                yield return $"Pilotlight:Wire:Upstreams:{i} ('{Upstream.NameOf(all[i])}'): {fault}";
            }
        }

        foreach (var name in all.GroupBy(Upstream.NameOf, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1).Select(group => group.Key))
        {
            yield return $"Pilotlight:Wire:Upstreams has {all.Count(one => name.Equals(Upstream.NameOf(one), StringComparison.OrdinalIgnoreCase))} entries named '{name}'. Give each a Name of its own.";
        }
    }

    /// <summary>The one that recordings answer for: it has every model, and needs no key.</summary>
    public static UpstreamOptions Replay() => new() { Name = "replay", BaseUrl = "http://replay", ApiKey = "replay" };

    public static Upstream Create(UpstreamOptions options, TimeProvider time) => new(options, Protocol(options, time), new CircuitBreaker(time));

    private static IUpstreamProtocol Protocol(UpstreamOptions options, TimeProvider time) => options.Kind switch
    {
        UpstreamKind.Anthropic => new AnthropicProtocol(
            new Uri(options.BaseUrl is { Length: > 0 } address ? address : AnthropicAddress),
            options.ApiKey is { Length: > 0 } key ? ("x-api-key", key) : null),
        UpstreamKind.Foundry => new FoundryProtocol(new Uri(options.BaseUrl!), options.ApiKey!),
        UpstreamKind.Vertex => new VertexProtocol(
            new Uri(options.BaseUrl!),
            options.ApiKey is { Length: > 0 } token ? _ => ValueTask.FromResult(token) : new GoogleCredentials().GetTokenAsync),
        UpstreamKind.Bedrock => new BedrockProtocol(
            new Uri(options.BaseUrl!),
            options.ApiKey is { Length: > 0 } key ? new BedrockKey(key) : new BedrockSignature(RegionOf(options.BaseUrl!)!, time)),
        _ => throw new ArgumentException($"There is no upstream of the kind {options.Kind}."),
    };

    // bedrock-runtime.REGION.amazonaws.com, or what Amazon's tools are told elsewhere.
    private static string? RegionOf(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Host.Split('.') is ["bedrock-runtime" or "bedrock-runtime-fips", var region, ..]
            ? region
            : Environment.GetEnvironmentVariable("AWS_REGION") ?? Environment.GetEnvironmentVariable("AWS_DEFAULT_REGION");

    private static string Example(UpstreamKind kind) => kind switch
    {
        UpstreamKind.Bedrock => "https://bedrock-runtime.REGION.amazonaws.com",
        UpstreamKind.Vertex => "https://REGION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/REGION",
        _ => "https://NAME.services.ai.azure.com/anthropic",
    };

    private static IEnumerable<string> Faults(UpstreamOptions options)
    {
        if (!Enum.IsDefined(options.Kind))
        {
            yield return $"there is no Kind '{options.Kind}'. There are {string.Join(", ", Enum.GetNames<UpstreamKind>())}.";
            yield break;
        }

        if (options.BaseUrl is { Length: > 0 } address)
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
            {
                yield return $"the BaseUrl '{address}' is no address. Write it as https://host or https://host/path.";
            }
            else if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            {
                yield return $"the BaseUrl at '{uri.Host}' has more than host and path. Put a key into ApiKey.";
            }
            else if (options.Kind == UpstreamKind.Vertex && !(uri.AbsolutePath.Contains("/projects/", StringComparison.Ordinal) && uri.AbsolutePath.Contains("/locations/", StringComparison.Ordinal)))
            {
                yield return $"the BaseUrl '{address}' names no project and location. Write it as {Example(options.Kind)}.";
            }
            else if (uri.AbsolutePath.TrimEnd('/').EndsWith("/v1/messages", StringComparison.Ordinal) || uri.AbsolutePath.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal))
            {
                yield return $"the BaseUrl '{address}' goes too far: /v1/messages is added to it. Leave the end off.";
            }
        }
        else if (options.Kind != UpstreamKind.Anthropic)
        {
            yield return $"the Kind '{options.Kind}' needs a BaseUrl, such as {Example(options.Kind)}.";
        }

        if (options.Kind == UpstreamKind.Foundry && options.ApiKey is not { Length: > 0 })
        {
            yield return "the Kind 'Foundry' needs an ApiKey.";
        }

        if (options.Kind == UpstreamKind.Bedrock && options.ApiKey is not { Length: > 0 } && options.BaseUrl is { Length: > 0 } bedrock && RegionOf(bedrock) is null)
        {
            yield return $"'{bedrock}' does not say which region to sign for. Set AWS_REGION, or give a Bedrock API key as ApiKey.";
        }

        if (options.ApiKey is { } key && key.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            yield return "the ApiKey has a space, a line break or another character that no key has. Copy it again.";
        }

        if (options.Models.Any(model => string.IsNullOrWhiteSpace(model) || model.Trim().StartsWith('=') || model.Trim().EndsWith('=')))
        {
            yield return "an entry of Models is empty. Write a full name, a beginning with * at its end, or name=theirs.";
        }
    }
}
