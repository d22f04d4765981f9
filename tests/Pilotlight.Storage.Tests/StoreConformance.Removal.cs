namespace Pilotlight.Storage.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_turn_that_is_taken_out_leaves_nothing_and_makes_live_memory_stale()
    {
        var thread = await ThreadAsync("a", "title");
        var epoch = await OpenEpochAsync();
        await CompleteAsync("a", "t1", epoch, "first question", "first answer");
        await CompleteAsync("a", "t2", epoch, "second question", "second answer");

        Assert.True(await Threads.RemoveTurnAsync("a", "t2", Token));

        Assert.Equal(["first question", "first answer"], (await Threads.ListMessagesAsync("a", null, 10, Token)).Items.Select(message => message.Text));
        Assert.Equal(["first question", "first answer"], (await Threads.ReadHistoryAsync("a", Token)).Select(message => message.Text));
        Assert.Empty(await Turns.ReadEventsAsync("t2", 0, Token));
        Assert.Null(await Turns.FindAsync("a", "t2", Token));
        Assert.True((await Threads.FindAsync("a", Token))!.Revision > thread.Revision);
        Assert.False(await Threads.RemoveTurnAsync("a", "t2", Token));
        Assert.False(await Threads.RemoveTurnAsync("another", "t1", Token));
        Assert.NotNull(await Turns.FindAsync("a", "t1", Token));
    }
}
