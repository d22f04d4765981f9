using Microsoft.Extensions.Time.Testing;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Threads;
using Pilotlight.Core.Turns;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Core.Tests.Turns;

/// <summary>The parts of the wait for a first token.</summary>
public sealed class FirstTokenClockTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Each_part_is_what_passed_in_it_and_together_they_are_the_wait()
    {
        var clock = Begun(gateway: 3);
        Pass(10);
        clock.Saw(new TurnStarted(AcquireSource.Warm, TimeSpan.FromMilliseconds(8)));
        Pass(20);
        clock.Called(Call(CallPurpose.Auxiliary)); // A title, say, is not what is waited for.
        clock.Spoke(Call(CallPurpose.Auxiliary));
        Pass(5);
        clock.Called(Call(CallPurpose.Main));
        Pass(60);
        clock.Answered(Call(CallPurpose.Main), new CallAnswer("api", 1, 200, TimeSpan.FromMilliseconds(60)) { RoundTrip = TimeSpan.FromMilliseconds(40) });
        Pass(15);
        clock.Spoke(Call(CallPurpose.Main));
        Pass(2);
        clock.Saw(new TextDelta("a"));
        Pass(100);
        clock.Saw(new TextDelta("b"));

        Assert.Equal(new FirstTokenWait(GatewayMs: 3, ProcessMs: 8, CliMs: 29, NetworkMs: 40, ModelMs: 35), clock.Wait);
    }

    [Fact]
    public void A_round_trip_that_is_not_known_is_not_told()
    {
        var clock = Begun(gateway: 1);
        clock.Called(Call(CallPurpose.Unknown));
        Pass(30);
        clock.Spoke(Call(CallPurpose.Unknown));
        clock.Saw(new ThinkingDelta("hm"));

        Assert.Equal(new FirstTokenWait(1, 0, 0, null, 30), clock.Wait);
    }

    [Fact]
    public void Without_a_relay_the_rest_is_one_part()
    {
        var clock = Begun(gateway: 1);
        Pass(30);
        clock.Saw(new TextDelta("a"));

        Assert.Equal(new FirstTokenWait(1, 0, null, null, 30), clock.Wait);
    }

    [Fact]
    public void Without_a_first_token_there_is_no_wait_to_tell_of()
    {
        var clock = Begun(gateway: 1);
        clock.Saw(new TurnStarted(AcquireSource.Hot, TimeSpan.Zero));

        Assert.Null(clock.Wait);
    }

    private FirstTokenClock Begun(int gateway)
    {
        var clock = new FirstTokenClock(_time, _time.GetTimestamp());
        Pass(gateway);
        clock.Begin();
        return clock;
    }

    private void Pass(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private static CallInfo Call(CallPurpose purpose) => 
        new() { Id = 1, Purpose = purpose, Model = "claude-x", IsStreaming = true, MaxTokens = null, RequestBytes = 100 };
}
