using Pilotlight.Scale;
using Pilotlight.Scale.Nodes;

namespace Pilotlight.Core.Tests.Scale;

public sealed class ProcessorTests
{
    private readonly VirtualTime _time = new();

    [Fact]
    public void Jobs_that_each_have_a_core_take_as_long_as_alone()
    {
        var processor = new Processor(_time, cores: 2);

        Assert.Equal([1.0, 2.0], Ends(processor, 1, 2));
    }

    [Fact]
    public void More_jobs_than_cores_share_them_evenly()
    {
        var processor = new Processor(_time, cores: 2);

        // Half a core each until three are done; the fourth has a core of its own for what is left of it.
        Assert.Equal([2.0, 2.0, 2.0, 4.0], Ends(processor, 1, 1, 1, 3));
    }

    [Fact]
    public void What_is_taken_otherwise_slows_jobs_down()
    {
        var processor = new Processor(_time, cores: 1) { Taken = 0.5 };

        Assert.Equal([2.0], Ends(processor, 1));
    }

    private List<double> Ends(Processor processor, params double[] work)
    {
        var ends = new List<double>();
        foreach (var seconds in work)
        {
            processor.Run(TimeSpan.FromSeconds(seconds), () => ends.Add(Math.Round(_time.Now.TotalSeconds, 3)));
        }

        _time.RunUntil(TimeSpan.FromMinutes(1));
        return ends;
    }
}
