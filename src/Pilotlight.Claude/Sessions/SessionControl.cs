using System.Text.Json.Nodes;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Sessions;

/// <summary>What a live process is asked for beside what is said to it.</summary>
internal sealed class SessionControl(CliConnection connection, ClaudeOptions options)
{
    /// <summary>Why a turn may not go on: it has cost what it may; null while it may. The CLI estimates it, at the end of each call of the API.</summary>
    /// <param name="most">What it may cost, in US dollars.</param>
    /// <param name="before">What the process had cost when the turn began.</param>
    public async ValueTask<TurnError?> SpentAsync(decimal most, decimal before)
    {
        try
        {
            var told = await connection.RequestAsync(new JsonObject { ["subtype"] = "get_usage" }, options.ControlTimeout, CancellationToken.None);
            return (told.Property("session").Property("total_cost_usd").AsDecimal() - before) switch
            {
                null => TurnErrors.CostNotTold("its figures have another shape"),
                { } cost when cost >= most => TurnErrors.CostsTooMuch(cost, most),
                _ => null,
            };
        }
        catch (Exception fault) when (fault is IOException or TimeoutException or CliProtocolException)
        {
            return TurnErrors.CostNotTold(fault.Message);
        }
    }

    /// <summary>Brings files back to what they were when a turn of this process began.</summary>
    /// <exception cref="ClaudeException">There is no such checkpoint, or the files could not be brought back.</exception>
    public async Task<FileRewind> RewindAsync(Guid checkpoint, bool isTrial, CancellationToken cancellationToken)
    {
        try
        {
            var told = await connection.RequestAsync(
                new JsonObject { ["subtype"] = "rewind_files", ["user_message_id"] = checkpoint.ToString(), ["dry_run"] = isTrial }, options.ControlTimeout, cancellationToken);
            return told.Property("canRewind").AsBoolean()
                ? new FileRewind(told.Property("filesChanged").AsStrings(), told.Property("insertions").AsInt32() ?? 0, told.Property("deletions").AsInt32() ?? 0, told.Property("skippedLinks").AsInt32() ?? 0)
                : throw new ClaudeException(TurnErrors.NotRewound(told.Property("error").AsString()));
        }
        catch (Exception fault) when (fault is CliProtocolException or IOException or TimeoutException)
        {
            throw new ClaudeException(TurnErrors.NotRewound(fault.Message), fault);
        }
    }
}
