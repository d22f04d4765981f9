using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilotlight.Processes;
using Pilotlight.Samples.Interpreter;

// Interpreter [EXPRESSION…]: evaluates each and says how long that took. The first is asked for before anything is parked.
string[] expressions = args.Length > 0 ? args : ["6 * 7", "[1, 2, 3].map(x => x * x)", "new Date(0).toISOString()"];

var builder = Host.CreateEmptyApplicationBuilder(null);
builder.Services.AddWarmPool(pool => (pool.MinIdle, pool.RefillDelay) = (2, TimeSpan.Zero));
builder.Services.AddSingleton<JavaScript>();
using var host = builder.Build();
await host.StartAsync();

var javaScript = host.Services.GetRequiredService<JavaScript>();
var pool = host.Services.GetRequiredService<WarmPool>();
foreach (var expression in expressions)
{
    var startedAt = Stopwatch.GetTimestamp();
    var (value, source) = await javaScript.EvaluateAsync(expression);
    Console.WriteLine($"{expression} = {value.GetRawText()} ({source}, {Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds:0.0} ms)");

    // So that the next finds one parked, as it would in a program that is not asked without pause.
    while (pool.GetSnapshot().Profiles[0].Parked == 0)
    {
        await Task.Delay(10);
    }
}

await host.StopAsync();
