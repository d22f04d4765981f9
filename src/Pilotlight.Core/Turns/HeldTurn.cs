using Pilotlight.Claude.Turns;
using Pilotlight.Core.Threads;

namespace Pilotlight.Core.Turns;

/// <summary>What a process's turn in progress has said and used before it waited for its caller: its end tells all of that again.</summary>
/// <param name="Usage">What was booked for it.</param>
/// <param name="CostUsd">The same in dollars.</param>
/// <param name="SaidLength">How many characters of its text were told.</param>
internal sealed record HeldTurn(TurnUsage Usage, decimal CostUsd, int SaidLength)
{
    /// <summary>Of a thread that waits for results: its last turns back to the one that the process began with.</summary>
    public static HeldTurn Of(IReadOnlyList<HistoryTurn> turns)
    {
        var held = new HeldTurn(TurnUsage.None, 0, 0);
        for (var at = turns.Count - 1; at >= 0 && turns[at] is { Awaits: true, Answer: { } answer } turn; at--)
        {
            held = new HeldTurn(held.Usage + (answer.Usage ?? TurnUsage.None), held.CostUsd + (answer.CostUsd ?? 0), held.SaidLength + answer.Text.Length);
            if (turn.Prompt?.AnswersCalls != true || answer.Acquire != "hot")
            {
                break;
            }
        }

        return held;
    }
}
