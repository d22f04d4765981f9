using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace Pilotlight.WebConsole.Elements;

/// <summary>The console's own script, loaded once a circuit.</summary>
public sealed class ConsoleScript(IJSRuntime runtime) : IAsyncDisposable
{
    private Task<IJSObjectReference>? _module;

    /// <summary>Calls a function of the module; false when the browser is gone.</summary>
    public async ValueTask<bool> TryInvokeAsync(string name, params object?[] arguments)
    {
        try
        {
            await (await LoadAsync()).InvokeVoidAsync(name, arguments);
            return true;
        }
        catch (Exception fault) when (fault is JSDisconnectedException or TaskCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Calls a function of the module and returns what it returns; the default when the browser is gone.</summary>
    public async ValueTask<T?> InvokeAsync<T>(string name, params object?[] arguments)
    {
        try
        {
            return await (await LoadAsync()).InvokeAsync<T>(name, arguments);
        }
        catch (Exception fault) when (fault is JSDisconnectedException or TaskCanceledException or ObjectDisposedException)
        {
            return default;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_module is { IsCompletedSuccessfully: true } loaded)
        {
            try
            {
                await (await loaded).DisposeAsync();
            }
            catch (JSDisconnectedException)
            {
                // The page is gone, and its modules with it.
            }
        }
    }

    private Task<IJSObjectReference> LoadAsync() => _module ??= runtime.InvokeAsync<IJSObjectReference>("import", "./_content/console/console.js").AsTask();
}
