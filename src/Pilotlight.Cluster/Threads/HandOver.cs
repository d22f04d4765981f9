using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Turns;

namespace Pilotlight.Cluster.Threads;

/// <summary>Lets threads go to other nodes: those with nothing here when they are idle, and all with a process when this node stops, made ready there before their next turn.</summary>
internal sealed partial class HandOver(
    OwnedThreads owned,
    ClusterTurns turns,
    IClaudeConversations conversations,
    TurnPlaces places,
    IOptions<RelayOptions> relay,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<HandOver> logger) : BackgroundService
{
    private const int AtOnce = 4;

    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private Task _handedOver = Task.CompletedTask;

    /// <summary>Returns when all that could be handed over is, before the node itself stops.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _handedOver.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(() => _handedOver = HandOverAsync());
        using var timer = new PeriodicTimer(LookEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            owned.LetGoIdle(conversations.ListHot().Select(one => one.ConversationId).ToHashSet(StringComparer.Ordinal), IdleAfter);
        }
    }

    // From the first moment of a stop: idle ones at once, the others as their turns end.
    private async Task HandOverAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (began, seen, handed) = (time.GetTimestamp(), new HashSet<string>(StringComparer.Ordinal), 0);
        while (true)
        {
            // Looked for before: a turn that ends in between leaves its thread hot for the next look.
            var isEmpty = places.Empty.IsCompleted;
            var idle = conversations.ListHot().Where(one => !one.IsBusy && owned.Ids.Contains(one.ConversationId) && seen.Add(one.ConversationId)).ToArray();
            await Parallel.ForEachAsync(idle, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (one, _) =>
            {
                await owned.LetGoAsync(one.ConversationId);
                await conversations.ForgetAsync(one.ConversationId, CancellationToken.None);
                if (await turns.HandOverAsync(one.ConversationId))
                {
                    Interlocked.Increment(ref handed);
                }
            });
            if (isEmpty || time.GetElapsedTime(began) > relay.Value.DrainTimeout)
            {
                break;
            }

            await Task.Delay(LookAgain, time);
        }

        LogHandedOver(logger, handed, seen.Count);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Handed} of {Count} threads with a process were handed over to other nodes")]
    private static partial void LogHandedOver(ILogger logger, int handed, int count);
}
