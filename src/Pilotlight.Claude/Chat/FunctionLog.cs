using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Tools;

namespace Pilotlight.Claude.Chat;

/// <summary>Remembers what functions returned, as they returned it: the CLI tells only its text. One instance a call.</summary>
internal sealed class FunctionLog
{
    private readonly ConcurrentDictionary<string, (object? Result, Exception? Fault)> _outcomes = new(StringComparer.Ordinal);

    public IReadOnlyList<AIFunctionDeclaration> Watch(IReadOnlyList<AIFunctionDeclaration> tools) =>
        [.. tools.Select(tool => tool is AIFunction function ? new Watched(function, this) : tool)];

    public bool TryGet(string callId, out object? result, out Exception? fault)
    {
        var found = _outcomes.TryGetValue(callId, out var outcome);
        (result, fault) = outcome;
        return found;
    }

    private sealed class Watched(AIFunction function, FunctionLog log) : DelegatingAIFunction(function)
    {
        protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            var id = arguments.Context?.TryGetValue(typeof(FunctionCall), out var call) is true ? ((FunctionCall)call!).ToolUseId : "";
            try
            {
                var result = await base.InvokeCoreAsync(arguments, cancellationToken);
                log._outcomes[id] = (result, null);
                return result;
            }
            catch (Exception fault)
            {
                log._outcomes[id] = (null, fault);
                throw;
            }
        }
    }
}
