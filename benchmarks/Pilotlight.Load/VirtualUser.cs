using System.Diagnostics;
using Pilotlight.Client;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Turns;
using Pilotlight.Tool.Client;

namespace Pilotlight.Load;

/// <summary>A turn as its user met it.</summary>
/// <param name="At">When it was asked, as a timestamp.</param>
/// <param name="Fault">What it failed of; null when it was answered.</param>
internal sealed record TurnSeen(long At, string? Source, double FirstTokenMs, double EndMs, string? Fault);

/// <summary>Somebody who asks, reads the answer, thinks, and asks again; after some turns in a new conversation.</summary>
internal sealed class VirtualUser(Uri gateway, int seed, List<TurnSeen> seen)
{
    private const int TurnsOfConversation = 5;

    private readonly Random _random = new(seed);

    /// <summary>Goes on until it is stopped, and then to the end of the turn that it is in.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var client = Gateways.Open(gateway);
        while (!stopping.IsCancellationRequested)
        {
            var thread = (await client.CreateThreadAsync(cancellationToken: CancellationToken.None)).Id;
            for (var turn = 0; turn < TurnsOfConversation && !stopping.IsCancellationRequested; turn++)
            {
                var one = await AskAsync(client, thread);
                lock (seen)
                {
                    seen.Add(one);
                }

                await Task.Delay(TimeSpan.FromSeconds(1 + (_random.NextDouble() * 2)), stopping).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        }
    }

    private async Task<TurnSeen> AskAsync(PilotlightClient client, string thread)
    {
        // One to three seconds at 60 words a second.
        var question = $"[[sim words={_random.Next(60, 180)}]]";
        var startedAt = Stopwatch.GetTimestamp();
        double first = 0;
        string? source = null;
        string? fault = "no end";
        try
        {
            await foreach (var turnEvent in client.RunTurnAsync(thread, question, CancellationToken.None))
            {
                switch (turnEvent)
                {
                    case TurnStarted started:
                        source = started.Acquire.Source;
                        break;
                    case TextDelta when first == 0:
                        first = Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds;
                        break;
                    case TurnCompleted:
                        fault = null;
                        break;
                    case TurnFailed failed:
                        fault = failed.Problem.Title;
                        break;
                }
            }
        }
        catch (PilotlightException refused)
        {
            fault = refused.Message;
        }

        return new TurnSeen(startedAt, source, first, Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds, fault);
    }
}
