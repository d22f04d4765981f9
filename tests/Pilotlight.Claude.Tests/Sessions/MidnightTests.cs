using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>The CLI tells the model the date: a process parked yesterday must not be the one to tell it.</summary>
public sealed class MidnightTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_local_day_renews_what_is_parked_and_leaves_conversations_alone()
    {
        // Midnight where the host is, and the middle of the day in UTC.
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 26, 9, 59, 50, TimeSpan.Zero));
        time.SetLocalTimeZone(TimeZoneInfo.CreateCustomTimeZone("far", TimeSpan.FromHours(14), "far", "far"));
        await using var host = await ClaudeHost.StartAsync(pool: ClaudeHost.OneParked, services: services => services.AddSingleton<TimeProvider>(time));
        var conversation = new Conversation { Id = "t" };
        await host.RunAsync(conversation, "one", Token);
        await host.WaitForWarmthAsync(Token);
        var hot = Assert.Single(host.Conversations.ListHot()).ProcessId;
        var yesterdays = Parked(host);

        time.Advance(TimeSpan.FromSeconds(11));
        while (Parked(host) is not [_, ..] parked || parked.Intersect(yesterdays).Any())
        {
            await Task.Delay(20, Token);
        }

        Assert.Equal(AcquireSource.Warm, Assert.IsType<TurnStarted>((await host.RunAsync(new Conversation { Id = "new" }, "hi", Token))[0]).Source);
        Assert.Equal(AcquireSource.Hot, Assert.IsType<TurnStarted>((await host.RunAsync(conversation, "two", Token))[0]).Source);
        Assert.Contains(hot, host.Conversations.ListHot().Select(one => one.ProcessId));
    }

    private static int[] Parked(ClaudeHost host) =>
        [.. host.Pool.GetSnapshot().Profiles.SelectMany(profile => profile.Processes).Where(process => !process.IsLeased).Select(process => process.ProcessId)];
}
