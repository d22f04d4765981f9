using Microsoft.AspNetCore.Components;
using MudBlazor;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Http;
using Pilotlight.WebConsole.SignIn;

namespace Pilotlight.WebConsole.Layout;

/// <summary>Does what a user asks for as who they are now, and tells them when it cannot be.</summary>
public sealed class Attempt(CallerOfCircuit who, ISnackbar snackbar, NavigationManager navigation)
{
    /// <summary>Does it; false when it could not be, which the user has been told.</summary>
    public async Task<bool> TryAsync(Func<Caller, Task> action)
    {
        try
        {
            await action(await who.GetAsync());
            return true;
        }
        catch (ApiProblemException problem) when (CallerOfCircuit.IsExpired(problem))
        {
            navigation.NavigateTo("sign-in", forceLoad: true);
        }
        catch (ApiProblemException problem)
        {
            snackbar.Add($"{problem.Title}. {problem.Message}", Severity.Warning);
        }

        return false;
    }
}
