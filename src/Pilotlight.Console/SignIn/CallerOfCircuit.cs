using Microsoft.AspNetCore.Components.Authorization;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;

namespace Pilotlight.WebConsole.SignIn;

/// <summary>Who sits before the page.</summary>
/// <remarks>Asked before each thing that is done, so that a key that is revoked opens nothing more on pages that are open.</remarks>
public sealed class CallerOfCircuit(AuthenticationStateProvider authentication, KeyService keys)
{
    /// <summary>The caller.</summary>
    /// <exception cref="ProblemException">A key is needed, and the one of the sign-in opens nothing any more.</exception>
    public async ValueTask<Caller> GetAsync()
    {
        if (!await keys.AreNeededAsync(CancellationToken.None))
        {
            return Caller.Local;
        }

        var id = ConsoleSignIn.KeyIdOf((await authentication.GetAuthenticationStateAsync()).User);
        return id is not null && await keys.FindAsync(id, CancellationToken.None) is { } key ? Caller.Of(key) : throw Expired();
    }

    /// <summary>Whether a problem is that one.</summary>
    public static bool IsExpired(ProblemException problem) => problem.Problem.Kind == ProblemKinds.SignedOut;

    private static ProblemException Expired() => new(new Problem(
        ProblemKinds.SignedOut, "You are signed out", "The key you signed in with opens nothing any more. Sign in with another."));
}
