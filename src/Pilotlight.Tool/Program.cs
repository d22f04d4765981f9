using System.CommandLine;
using Pilotlight.Tool.Commands;

const int WrongUsage = 2;

var root = new RootCommand("Keeps the Claude Code CLI lit: an instant, streaming, stored chat out of it.")
{
    SetupCommand.Create(),
    ServeCommand.Create(),
    ChatCommand.Create(),
    BenchCommand.Create(),
    DoctorCommand.Create(),
    ConformanceCommand.Create(),
    KeysCommand.Create(),
    PoolCommand.Create(),
    UsageCommand.Create(),
    SimulateCommand.Create(),
    CompletionsCommand.Create(),
};

var parsed = root.Parse(args);
var usage = ServeCommand.SettingsOnly(parsed);

// A shell that completes a line asks with a directive, and the line is not finished.
if (usage.Count > 0 && args is not [['[', ..], ..])
{
    foreach (var fault in usage)
    {
        Console.Error.WriteLine(fault);
    }

    Console.Error.WriteLine("Run 'pilotlight --help' for the commands, 'pilotlight COMMAND --help' for one.");
    return WrongUsage;
}

// A stop takes what the settings give it: the default would leave after two seconds, in the middle of running turns.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = Timeout.InfiniteTimeSpan });
