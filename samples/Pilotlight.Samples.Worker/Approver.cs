using Pilotlight.Claude.Permissions;

namespace Pilotlight.Samples.Worker;

/// <summary>Asks whoever sits at the terminal; put a message to a chat room or a row in a database here. The turn waits for the answer.</summary>
public sealed class Approver : IDisposable
{
    // One question at a time, whichever turn it comes from.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Asks about one call of a tool. What is no yes is a no.</summary>
    public async ValueTask<ToolDecision> AskAsync(ToolPermissionRequest request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Console.WriteLine($"May {request.ToolName} run with {request.Input.GetRawText()}? (y/n)");
            var answer = await Console.In.ReadLineAsync(cancellationToken);
            return answer is "y" or "yes" ? ToolDecision.Allow() : ToolDecision.Deny("Not now.");
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
