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

    public static Upstream Create(UpstreamOptions options, TimeProvider time) => new(options, Protocol(options), new CircuitBreaker(time));

    private static AnthropicProtocol Protocol(UpstreamOptions options) => options.Kind switch
    {
        UpstreamKind.Anthropic => new AnthropicProtocol(
            new Uri(options.BaseUrl is { Length: > 0 } address ? address : AnthropicAddress),
            options.ApiKey is { Length: > 0 } key ? ("x-api-key", key) : null),
        UpstreamKind.Foundry => new AnthropicProtocol(new Uri(options.BaseUrl!), ("api-key", options.ApiKey!)),
        _ => throw new ArgumentException($"There is no upstream of the kind {options.Kind}."),
    };

    private static IEnumerable<string> Faults(UpstreamOptions options)
    {
        if (!Enum.IsDefined(options.Kind))
        {
            yield return $"there is no Kind '{options.Kind}'. There are {string.Join(", ", Enum.GetNames<UpstreamKind>())}.";
            yield break;
        }

        if (options.Kind is UpstreamKind.Bedrock or UpstreamKind.Vertex)
        {
            yield return $"the Kind '{options.Kind}' is not supported. Use a gateway that speaks Anthropic's API in front of it, as Kind 'Anthropic'.";
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
            else if (uri.AbsolutePath.TrimEnd('/').EndsWith("/v1/messages", StringComparison.Ordinal) || uri.AbsolutePath.TrimEnd('/').EndsWith("/v1", StringComparison.Ordinal))
            {
                yield return $"the BaseUrl '{address}' goes too far: /v1/messages is added to it. Leave the end off.";
            }
        }
        else if (options.Kind != UpstreamKind.Anthropic)
        {
            yield return $"the Kind '{options.Kind}' needs a BaseUrl, such as https://NAME.services.ai.azure.com/anthropic.";
        }

        if (options.Kind == UpstreamKind.Foundry && options.ApiKey is not { Length: > 0 })
        {
            yield return "the Kind 'Foundry' needs an ApiKey.";
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
