using System.CommandLine;
using Pilotlight.Tool.Serving;

namespace Pilotlight.Tool.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static readonly Option<string> Data = new("--data")
    {
        Description = "The folder for the database and the CLI's home.",
        DefaultValueFactory = _ => ServeSettings.DefaultData,
    };

    public static readonly Option<string?> Gateway = new("--gateway")
    {
        Description = "The gateway's address. Default: the one that serves the data folder.",
    };

    public static readonly Option<bool> Json = new("--json") { Description = "One JSON document and nothing else." };

    public static readonly Option<bool> Yes = new("--yes")
    {
        Description = "Fetches the pinned CLI without asking when there is none.",
    };

    public static readonly Option<bool> Simulate = new("--simulate")
    {
        Description = "Answers come from the simulator: the real CLI, no real model, no key, no cost.",
    };
}
