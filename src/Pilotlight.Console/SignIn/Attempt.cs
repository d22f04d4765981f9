using Microsoft.AspNetCore.Components;
using MudBlazor;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Storage;
using Pilotlight.WebConsole.SignIn;

namespace Pilotlight.WebConsole.SignIn;

/// <summary>Does what a user asks for as who they are now, and tells them when it cannot be.</summary>
public sealed class Attempt(CallerOfCircuit who, ISnackbar snackbar, NavigationManager navigation)
{
    private int _holds;

    /// <summary>Does it; false when it could not be, which the user has been told.</summary>
    public async Task<bool> TryAsync(Func<Caller, Task> action)
    {
        try
        {
            await action(await who.GetAsync());
            return true;
        }
        catch (ProblemException problem) when (CallerOfCircuit.IsExpired(problem))
        {
            if (_holds == 0)
            {
                navigation.NavigateTo("sign-in", forceLoad: true);
            }
        }
        catch (ProblemException problem)
        {
            snackbar.Add($"{problem.Problem.Title}. {problem.Message}", Severity.Warning);
        }
        catch (StorageUnavailableException fault)
        {
            snackbar.Add($"The store is not available. {fault.Message}", Severity.Error);
        }

        return false;
    }

    /// <summary>Keeps the page where it is, signed out or not, until what is returned is disposed.</summary>
    public IDisposable Hold()
    {
        _holds++;
        return new Held(this);
    }

    private sealed class Held(Attempt attempt) : IDisposable
    {
        private bool _isOver;

        public void Dispose()
        {
            if (!_isOver)
            {
                _isOver = true;
                attempt._holds--;
            }
        }
    }
}
