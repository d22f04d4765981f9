using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Pilotlight.Cluster.Membership;

/// <summary>The others have declared this node dead, or its runtime is beyond help: the process ends at once, its children with it, and a supervisor starts it anew.</summary>
/// <remarks>Not in order: an orderly stop would let processes go on that are not this node's any more. What ends with a killed server is told in docs/reliability.md.</remarks>
internal sealed partial class DeclaredDead(ILogger<DeclaredDead> logger) : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
    {
        var why = context ?? exception?.Message ?? "no reason was given";
        Console.Error.WriteLine($"This node is no part of the cluster any more and ends now, with its processes: {why}");
        LogDead(logger, why);
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        self.Kill();
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "This node is no part of the cluster any more and ends now, with its processes: {Why}")]
    private static partial void LogDead(ILogger logger, string why);
}
