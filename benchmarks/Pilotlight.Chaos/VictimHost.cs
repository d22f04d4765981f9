using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilotlight.Claude;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Sandbox;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;

namespace Pilotlight.Chaos;

/// <summary>A host that is as busy as can be with processes until it is killed.</summary>
internal static class VictimHost
{
    /// <summary>Children that ignore their stdin, with a tool in its own session each: what EOF alone would not end. The parked ones are soon frozen.</summary>
    public static async Task RunScriptedAsync()
    {
        await using var pool = new WarmPool(new WarmPoolOptions
        {
            MinIdle = 4,
            MaxIdle = 8,
            MaxConcurrentWarmUps = 4,
            CloseInputGrace = TimeSpan.Zero,
            FreezeAfter = TimeSpan.FromMilliseconds(50),
        });
        var profile = new ProcessProfile
        {
            Name = "stubborn",
            FileName = "/bin/sh",
            Arguments = ["-c", "trap '' TERM; setsid sleep 600 & (sleep 600 & wait) & echo ready; while :; do sleep 600 & wait; done"],
            Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin" },
            WarmUp = async (process, token) =>
            {
                var read = await process.Output.ReadAtLeastAsync(6, token);
                process.Output.AdvanceTo(read.Buffer.End);
            },
        };
        pool.Register(profile);
        Console.WriteLine("up");
        while (true)
        {
            // Leases come and go, so that a kill meets starts and stops in progress.
            await using var lease = await pool.AcquireAsync(profile);
            await Task.Delay(5);
        }
    }

    /// <summary>The real CLI, every other conversation in the middle of a Bash tool.</summary>
    public static async Task RunCliAsync(string cli, string api, string home, bool walled)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddClaudeCode(claude =>
        {
            (claude.Path, claude.BaseUrl, claude.HomeDirectory, claude.ApiKey) = (cli, api, home, "simulated");
            var agent = new AgentProfileOptions { Sandbox = walled ? SandboxMode.Full : SandboxMode.None };
            agent.Tools.Add("Bash");
            agent.AllowedTools.Add("Bash");
            claude.Profiles["agent"] = agent;
        });
        using var host = builder.Build();
        await host.StartAsync();
        var conversations = host.Services.GetRequiredService<IClaudeConversations>();
        Console.WriteLine("up");
        await Task.WhenAll(
            TalkAsync("tool", "agent", """[[sim tool=Bash input={"command":"exec tail -f /dev/null"}]]"""),
            TalkAsync("chat", null, "[[sim words=10000 rate=20]]"));

        async Task TalkAsync(string id, string? profile, string text)
        {
            await foreach (var item in conversations.RunTurnAsync(new Conversation { Id = id, Profile = profile }, [new UserText(text)], CancellationToken.None))
            {
                if (item is TurnFailed failed)
                {
                    throw new InvalidOperationException($"The host's turn failed: {failed.Error.Message}");
                }
            }
        }
    }
}
