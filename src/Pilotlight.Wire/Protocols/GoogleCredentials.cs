using Google.Apis.Auth.OAuth2;

namespace Pilotlight.Wire.Protocols;

/// <summary>Access tokens from Google's application default credentials, renewed by their own library.</summary>
internal sealed class GoogleCredentials
{
    private const string Scope = "https://www.googleapis.com/auth/cloud-platform";

    private readonly Lock _gate = new();
    private Task<GoogleCredential>? _found;

    public async ValueTask<string> GetTokenAsync(CancellationToken cancellationToken)
    {
        Task<GoogleCredential> found;
        lock (_gate)
        {
            // What was not found may have been set up since.
            found = _found = _found is { IsFaulted: false } ? _found : GoogleCredential.GetApplicationDefaultAsync(CancellationToken.None);
        }

        ITokenAccess credential = (await found.WaitAsync(cancellationToken)).CreateScoped(Scope);
        return await credential.GetAccessTokenForRequestAsync(cancellationToken: cancellationToken);
    }
}
