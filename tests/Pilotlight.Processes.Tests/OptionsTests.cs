using Microsoft.Extensions.Options;

namespace Pilotlight.Processes.Tests;

/// <summary>Wrong options stop the start, with or without a host, and all faults are told at once.</summary>
public sealed class OptionsTests
{
    [Fact]
    public void A_pool_is_not_made_with_options_that_contradict_each_other()
    {
        var fault = Assert.Throws<OptionsValidationException>(() => new WarmPool(new WarmPoolOptions { MinIdle = 10 }));

        Assert.Contains("MaxIdle (8) is less than MinIdle (10). Raise MaxIdle", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_is_told_at_once_with_its_value_and_what_is_allowed()
    {
        var options = new WarmPoolOptions
        {
            MaxProcesses = 0,
            MaxWaiting = -1,
            MaxAge = TimeSpan.Zero,
            Isolation = (ProcessIsolation)7,
            BackoffBase = TimeSpan.FromMinutes(2),
        };

        var faults = Assert.Throws<OptionsValidationException>(() => new WarmPool(options)).Failures.ToArray();

        Assert.Contains(faults, fault => fault.Contains("MaxProcesses is 0; it must be from 1 to", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("MaxWaiting is -1", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("MaxAge is 00:00:00", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("Isolation is 7", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.Contains("BackoffLimit", StringComparison.Ordinal));
    }
}
