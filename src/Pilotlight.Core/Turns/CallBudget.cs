using System.Globalization;
using Pilotlight.Claude.Network;
using Pilotlight.Core.Access;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Turns;

/// <summary>Holds every call of a turn to its key's budgets: what a call may come to use is held before it leaves, and bounds its answer.</summary>
/// <remarks>So a key is overdrawn by nobody, however many calls its turns make side by side. Safe for concurrent use.</remarks>
internal sealed class CallBudget(TurnLease lease, IReservationStore reservations, LimitOptions prices, TimeProvider time) : ICallBudget, IDisposable
{
    // A token has seldom fewer bytes than this.
    public const int BytesOfToken = 3;

    private readonly SemaphoreSlim _asking = new(1);
    private readonly Lock _gate = new();
    private readonly Dictionary<long, Amount> _running = [];
    private Amount _settled;

    /// <summary>Why a call was refused; null while none was.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Whether a key has budgets to hold calls to.</summary>
    public static bool IsNeeded(KeyLimits limits) =>
        limits is not { UsdPerDay: null, UsdPerMonth: null, TokensPerDay: null, TokensPerMonth: null };

    public async ValueTask<CallAllowance> AskAsync(CallInfo info, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            var before = Before();
            var input = (info.RequestBytes / BytesOfToken) + 1;
            var asked = info.MaxTokens ?? prices.ReservedOutputTokens;
            var hold = new CallHold(
                before + Cost(info.Model, input, asked),
                before + Cost(info.Model, input, Math.Min(asked, prices.ReservedOutputTokens)),
                before + Cost(info.Model, input, 1));
            var result = await reservations.HoldAsync(lease.Id, lease.Limits, hold, time.GetUtcNow(), cancellationToken);
            if (result.Exceeded is { } budget)
            {
                return CallAllowance.Refuse(Refusal = Words(budget));
            }

            var allowed = OutputWithin(result.Held, before, info.Model, input);
            lock (_gate)
            {
                _running[info.Id] = Cost(info.Model, input, Math.Min(asked, allowed));
            }

            return allowed >= asked ? CallAllowance.Unbounded : CallAllowance.AtMost((int)allowed);
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Settle(CallInfo info, CallUsage usage)
    {
        var used = usage.ToTurn();
        lock (_gate)
        {
            _running.Remove(info.Id);
            _settled += new Amount(used.ContextTokens, prices.Price(info.Model, used));
        }
    }

    public void Dispose() => _asking.Dispose();

    private Amount Before()
    {
        lock (_gate)
        {
            return _running.Values.Aggregate(_settled, static (sum, call) => sum + call);
        }
    }

    private Amount Cost(string model, long input, long output) =>
        new(input + output, prices.Price(model, new Claude.Turns.TurnUsage(input, output, 0, 0)));

    private long OutputWithin(Amount held, Amount before, string model, long input)
    {
        var left = held.Usd - before.Usd - Cost(model, input, 0).Usd;
        var token = Cost(model, 0, 1_000_000).Usd / 1_000_000m;
        var byUsd = token > 0 ? (long)Math.Min(int.MaxValue, left / token) : int.MaxValue;
        return Math.Clamp(Math.Min(held.Tokens - before.Tokens - input, byUsd), 1, int.MaxValue);
    }

    private static string Words(ExceededBudget budget) => string.Create(
        CultureInfo.InvariantCulture,
        $"The budget is used up: the key may use {budget.Cap:0.######} {budget.Unit} a {budget.Window}; {budget.Spent:0.######} are used and {budget.Reserved:0.######} are held for running turns.");
}
