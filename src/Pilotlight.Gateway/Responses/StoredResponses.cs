using System.Runtime.CompilerServices;
using System.Text.Json;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Prompts;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;

namespace Pilotlight.Gateway.Responses;

/// <summary>Responses that are kept: found, followed, cancelled and deleted, each as its caller may. Safe for concurrent use.</summary>
internal sealed class StoredResponses(TurnService turns, ThreadForks forks, ThreadService threads, IThreadStore store, TimeProvider time)
{
    // How long a cancel or a delete waits for the turn to end.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>The turn that a response is.</summary>
    /// <exception cref="Core.Problems.ProblemException">There is none for this caller.</exception>
    public async Task<(Turn Turn, Prompt? Prompt)> RequireAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        ResponseIds.TurnOf(id) is { } turnId && await turns.FindAsync(caller, turnId, cancellationToken) is { } found ? found : throw ResponseProblems.NoResponse(id);

    public static ResponseReading Read(Turn turn, Prompt? prompt) =>
        new(new ResponseFrame(ResponseIds.OfTurn(turn.Id), prompt?.Model ?? "", prompt?.Echo ?? default), prompt);

    /// <summary>A turn's events from the first on, to its end; of one whose events were dropped, what its answer says.</summary>
    public async IAsyncEnumerable<StoredEvent> FollowAsync(Caller caller, Turn turn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isFirst = true;
        await foreach (var stored in turns.ReadEventsAsync(turn.Id, 0, cancellationToken))
        {
            if (isFirst && TurnEventJson.IsLast(stored.Type))
            {
                foreach (var kept in await KeptAsync(caller, turn, cancellationToken))
                {
                    yield return kept;
                }
            }

            isFirst = false;
            yield return stored;
        }
    }

    /// <summary>The response as it is now; a turn that runs on is not waited for.</summary>
    public async Task<ResponseReading> LookAsync(Caller caller, Turn turn, Prompt? prompt, CancellationToken cancellationToken)
    {
        var reading = Read(turn, prompt);
        if (turn.HasEnded)
        {
            await foreach (var stored in FollowAsync(caller, turn, cancellationToken))
            {
                reading.Tell(stored);
            }
        }

        return reading;
    }

    /// <summary>Stops a response that goes on, and says what it is then.</summary>
    public async Task<ResponseReading> CancelAsync(Caller caller, string id)
    {
        var (turn, prompt) = await RequireAsync(caller, id, CancellationToken.None);
        if (!turn.HasEnded)
        {
            await EndAsync(turn);
            (turn, prompt) = await RequireAsync(caller, id, CancellationToken.None);
        }

        return await LookAsync(caller, turn, prompt, CancellationToken.None);
    }

    /// <summary>Deletes it; its thread goes with it when it was made for it and nothing else is in it.</summary>
    public async Task DeleteAsync(Caller caller, string id)
    {
        var (turn, prompt) = await RequireAsync(caller, id, CancellationToken.None);
        if (!turn.HasEnded)
        {
            await EndAsync(turn);
        }

        await store.RemoveTurnAsync(turn.ThreadId, turn.Id, CancellationToken.None);
        var isInConversation = prompt?.Echo is { ValueKind: JsonValueKind.Object } echo && echo.TryGetProperty("conversation", out var named) && named.ValueKind != JsonValueKind.Null;
        if (prompt is not null && !isInConversation && (await store.ListMessagesAsync(turn.ThreadId, null, 1, CancellationToken.None)).Items.Count == 0)
        {
            await threads.DeleteAsync(caller, turn.ThreadId, CancellationToken.None);
        }
    }

    /// <summary>The items of earlier responses that a request refers to, by their ids.</summary>
    public async Task<IReadOnlyDictionary<string, OutputItem>> ReferredAsync(Caller caller, JsonElement body, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, OutputItem>(StringComparer.Ordinal);
        foreach (var response in ResponseInput.References(body).Select(ResponseIds.ItemOf).OfType<(string ResponseId, int Index)>().Select(item => item.ResponseId).Distinct())
        {
            if (ResponseIds.TurnOf(response) is { } turnId && await turns.FindAsync(caller, turnId, cancellationToken) is var (turn, prompt))
            {
                foreach (var item in (await LookAsync(caller, turn, prompt, cancellationToken)).Story.Output.OfType<OutputItem>())
                {
                    found[item.Id] = item;
                }
            }
        }

        return found;
    }

    private async Task EndAsync(Turn turn)
    {
        await turns.CancelAsync(turn.Id);
        using var patience = new CancellationTokenSource(s_patience, time);
        try
        {
            await turns.WaitForEndAsync(turn.Id, patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw TurnProblems.DoesNotEnd(turn.Id, s_patience);
        }
    }

    // Its messages stay for good, and say the same.
    private async Task<IEnumerable<StoredEvent>> KeptAsync(Caller caller, Turn turn, CancellationToken cancellationToken)
    {
        var said = await forks.ReadAsync(caller, turn.ThreadId, turn.Id, cancellationToken);
        return said.UpTo.Turns is [.., { Messages: [.., var answer] } last] && last.Id == turn.Id
            ? [
                .. answer.Text.Length > 0 ? [Event(TurnEventJson.Text(answer.Text))] : (StoredEvent[])[],
                .. (answer.Calls ?? []).Select(call => Event(TurnEventJson.Write(
                    turn, new ToolStarted(call.ToolUseId, Claude.Tools.FunctionNames.Qualify(call.Name), call.Input), simulated: false))),
            ]
            : [];

        static StoredEvent Event((string Type, string Data) written) => new(0, written.Type, written.Data);
    }
}
