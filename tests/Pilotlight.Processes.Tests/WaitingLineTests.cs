namespace Pilotlight.Processes.Tests;

/// <summary>Callers who wait for a process.</summary>
public sealed class WaitingLineTests
{
    private readonly Lock _gate = new();
    private readonly WaitingLine _line;

    public WaitingLineTests() => _line = new WaitingLine(_gate);

    private static Worker SomeWorker =>
        (Worker)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(typeof(Worker));

    [Fact]
    public async Task The_first_to_come_is_the_first_served()
    {
        var (one, two) = (Join(), Join());
        var worker = SomeWorker;

        Assert.True(_line.TryServe(worker));

        Assert.Same(worker, await one.Task);
        Assert.False(two.Task.IsCompleted);
        Assert.Equal(1, _line.Count);
    }

    [Fact]
    public void Whoever_gives_up_leaves_nothing_behind()
    {
        for (var i = 0; i < 1000; i++)
        {
            var waiter = Join();
            waiter.TrySetCanceled(TestContext.Current.CancellationToken);
            waiter.Leave();
            waiter.Leave();
        }

        Assert.Equal(0, _line.Count);
        Assert.False(_line.TryServe(SomeWorker));
    }

    [Fact]
    public void One_that_has_given_up_and_not_yet_left_is_passed_over()
    {
        var (gone, next) = (Join(), Join());
        gone.TrySetCanceled(TestContext.Current.CancellationToken);

        Assert.True(_line.TryServe(SomeWorker));

        Assert.True(next.Task.IsCompletedSuccessfully);
        gone.Leave();
        Assert.Equal(0, _line.Count);
    }

    [Fact]
    public void A_full_line_takes_nobody()
    {
        Join();

        Assert.Null(_line.TryJoin(limit: 1));
        Assert.Equal(1, _line.Count);
    }

    [Fact]
    public void Those_who_are_moved_keep_their_order_and_can_still_leave()
    {
        var other = new WaitingLine(_gate);
        var (one, two, three) = (Join(), Join(), Join());

        Assert.True(_line.MoveTo(other));
        one.Leave();

        Assert.Equal((0, 2), (_line.Count, other.Count));
        Assert.True(other.TryServe(SomeWorker));
        Assert.True(two.Task.IsCompleted);
        Assert.False(three.Task.IsCompleted);
    }

    [Fact]
    public async Task A_failure_tells_the_first_or_all()
    {
        var (one, two, three) = (Join(), Join(), Join());

        _line.Fail(new InvalidOperationException("first"), all: false);
        Assert.False(two.Task.IsCompleted);
        _line.Fail(new InvalidOperationException("all"), all: true);

        Assert.Equal("first", (await Assert.ThrowsAsync<InvalidOperationException>(() => one.Task)).Message);
        Assert.Equal("all", (await Assert.ThrowsAsync<InvalidOperationException>(() => two.Task)).Message);
        Assert.True(three.Task.IsFaulted);
    }

    private WaitingLine.Waiter Join() => _line.TryJoin(limit: 100) ?? throw new InvalidOperationException("The line is full.");
}
