using System.Net.Http.Headers;
using Amazon.Runtime.Credentials;

namespace Pilotlight.Wire.Protocols;

/// <summary>Adds what Bedrock wants to see of who asks.</summary>
internal interface IBedrockSigner
{
    ValueTask SignAsync(HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken);
}

/// <summary>With a Bedrock API key.</summary>
internal sealed class BedrockKey(string apiKey) : IBedrockSigner
{
    public ValueTask SignAsync(HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        return ValueTask.CompletedTask;
    }
}

/// <summary>With the credentials that Amazon's own library finds (environment, profile, role) and renews.</summary>
internal sealed class BedrockSignature(string region, TimeProvider time) : IBedrockSigner
{
    public async ValueTask SignAsync(HttpRequestMessage request, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var found = await DefaultAWSCredentialsIdentityResolver.GetCredentialsAsync().WaitAsync(cancellationToken);
        var credentials = await found.GetCredentialsAsync();
        SignatureV4.Sign(request, body.Span, new SignatureV4.Key(credentials.AccessKey, credentials.SecretKey, credentials.Token), region, "bedrock", time.GetUtcNow());
    }
}
