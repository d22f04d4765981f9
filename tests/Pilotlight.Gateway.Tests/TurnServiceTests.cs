using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.InProcess;
using Pilotlight.Gateway.Telemetry;
using Pilotlight.Gateway.Threads;
using Pilotlight.Gateway.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Gateway.Tests;

/// <summary>A turn that was taken on is seen to its end.</summary>
public sealed class TurnServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private readonly FakeStore _store = new();
    private readonly GatewayTelemetry _telemetry = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _telemetry.Dispose();

    [Fact]
    public async Task A_turn_whose_old_one_cannot_be_taken_out_runs_all_the_same()
    {
        var service = Create();

        var (turn, live, _) = await service.BeginAsync(Caller.Local, "t", "again", null, Token, replaces: "old");
        await live!.Ended.WaitAsync(Patience, Token);

        Assert.Equal([(turn.Id, TurnState.Completed)], _store.Ended);
        Assert.Equal(0, service.Running);
    }

    private TurnService Create()
    {
        var (time, epoch, conversations) = (new FakeTimeProvider(), new ServerEpoch { Value = 7 }, new Echo());
        var (limits, claude, relay) = (Options.Create(new LimitOptions()), Options.Create(new ClaudeOptions()), Options.Create(new RelayOptions()));
        var intake = new TurnIntake(
            _store, new HotThreads(_store), new ContextLimits(limits, claude), new Admission(null!, epoch, limits, claude, time), epoch, time);
        var runner = new TurnRunner(
            intake, _store, conversations, relay, Options.Create(new GatewayOptions()), claude, limits, _telemetry, time, NullLogger<TurnRunner>.Instance);
        return new TurnService(
            runner, _store, _store, conversations, null!, intake, null!, epoch, new TurnPlaces(relay, Options.Create(new WarmPoolOptions()), _telemetry),
            relay, null!, time, new TurnNews(), NullLogger<TurnService>.Instance);
    }

    private sealed class Echo : IClaudeConversations
    {
        public async IAsyncEnumerable<TurnEvent> RunTurnAsync(
            Conversation conversation,
            IReadOnlyList<UserContent> content,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            yield return new TurnCompleted("said", "sonnet", TurnUsage.None, null, null, null, TimeSpan.Zero);
        }

        public Task WarmAsync(Conversation conversation, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IReadOnlyDictionary<string, int> CountHot() => throw new NotSupportedException();

        public IReadOnlyList<HotConversation> ListHot() => throw new NotSupportedException();

        public ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
