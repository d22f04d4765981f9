using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Storage;
using Pilotlight.Gateway.Native;
using Pilotlight.Tool.Serving;
using Pilotlight.Tool.Settings;
using Spectre.Console;

namespace Pilotlight.Tool.Commands;

/// <summary><c>pilotlight keys</c>: works on the store itself, whether a gateway runs on it or not.</summary>
internal static class KeysCommand
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON document and nothing else." };

    public static Command Create() => new("keys", "Makes, lists and revokes the gateway's keys.") { CreateKey(), ListKeys(), RevokeKey() };

    private static Command CreateKey()
    {
        var name = new Argument<string?>("NAME") { Description = "What its owner is called.", Arity = ArgumentArity.ZeroOrOne };
        var named = new Option<string?>("--name") { Description = "The same, as an option." };
        var admin = new Option<bool>("--admin") { Description = "May see everybody's threads and usage, and manage keys." };
        var usdPerDay = new Option<decimal?>("--usd-per-day") { Description = "Dollars a day, by the CLI's estimates." };
        var usdPerMonth = new Option<decimal?>("--usd-per-month") { Description = "Dollars a month." };
        var tokensPerDay = new Option<long?>("--tokens-per-day") { Description = "Tokens a day, in and out, cached ones included." };
        var tokensPerMonth = new Option<long?>("--tokens-per-month") { Description = "Tokens a month." };
        var requests = new Option<int?>("--requests-per-minute") { Description = "Turns begun in a minute." };
        var turns = new Option<int?>("--concurrent-turns") { Description = "Turns at a time." };
        var models = new Option<string[]>("--model") { Description = "A model it may use; may be given several times. Default: all." };
        var profiles = new Option<string[]>("--profile") { Description = "A profile it may use; may be given several times. Default: all." };
        var command = new Command("create", "Makes a key and shows it this once.")
        {
            name, named, admin, usdPerDay, usdPerMonth, tokensPerDay, tokensPerMonth, requests, turns, models, profiles, CommonOptions.Data, Json,
        };
        return WithAction(command, async (parsed, keys, cancellationToken) =>
        {
            var limits = new KeyLimits(
                parsed.GetValue(usdPerDay), parsed.GetValue(usdPerMonth), parsed.GetValue(tokensPerDay), parsed.GetValue(tokensPerMonth),
                parsed.GetValue(requests), parsed.GetValue(turns), List(parsed.GetValue(models)), List(parsed.GetValue(profiles)));
            var owner = parsed.GetValue(name) ?? parsed.GetValue(named) ?? Environment.UserName;
            var (key, text) = await keys.CreateAsync(owner, parsed.GetValue(admin), limits, cancellationToken);
            if (parsed.GetValue(Json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new CreatedKey(text, key), s_json));
                return 0;
            }

            // The key alone on stdout, so that a script can keep it.
            Console.WriteLine(text);
            Console.Error.WriteLine($"Key '{key.Name}' ({key.Id}){(key.IsAdmin ? ", an admin's" : "")}. It is shown this once. Send it as 'Authorization: Bearer …'.");
            return 0;
        });
    }

    private static Command ListKeys() => WithAction(
        new Command("list", "Shows the keys there are and were.") { CommonOptions.Data, Json },
        async (parsed, keys, cancellationToken) =>
        {
            var all = await keys.ListAsync(cancellationToken);
            if (parsed.GetValue(Json))
            {
                Console.WriteLine(JsonSerializer.Serialize(new KeyList(all), s_json));
            }
            else if (Console.IsOutputRedirected)
            {
                foreach (var key in all)
                {
                    Console.WriteLine(string.Join('\t', Row(key)));
                }
            }
            else if (all.Count == 0)
            {
                Console.WriteLine("There are no keys: the gateway answers its own machine alone. 'pilotlight keys create --admin NAME' makes the first.");
            }
            else
            {
                var table = new Table().AddColumns("id", "name", "state", "created", "last used", "limits");
                foreach (var key in all)
                {
                    table.AddRow([.. Row(key).Select(Markup.Escape)]);
                }

                AnsiConsole.Write(table);
            }

            return 0;
        });

    private static Command RevokeKey()
    {
        var id = new Argument<string>("ID") { Description = "The key's public id, as 'keys list' shows it." };
        return WithAction(new Command("revoke", "Makes a key open nothing from now on.") { id, CommonOptions.Data, Json }, async (parsed, keys, cancellationToken) =>
        {
            var wanted = parsed.GetValue(id)!;
            if (!await keys.RevokeAsync(wanted, cancellationToken))
            {
                Console.Error.WriteLine($"There is no key '{wanted}' that still opens something. 'pilotlight keys list' shows those there are.");
                return 1;
            }

            Console.WriteLine(parsed.GetValue(Json) ? JsonSerializer.Serialize(new { id = wanted, revoked = true }, s_json) : $"Key {wanted} opens nothing any more.");
            return 0;
        });
    }

    private static Command WithAction(Command command, Func<ParseResult, KeyService, CancellationToken, Task<int>> run)
    {
        command.TreatUnmatchedTokensAsErrors = false; // Settings may follow, as with serve.
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                var data = parsed.GetValue(CommonOptions.Data)!;
                await using var services = Services(data, parsed.UnmatchedTokens);
                await services.GetRequiredService<IStorageInitializer>().InitializeAsync(cancellationToken);
                return await run(parsed, services.GetRequiredService<KeyService>(), cancellationToken);
            }
            catch (ProblemException fault)
            {
                Console.Error.WriteLine(fault.Message);
                return 2;
            }
            catch (Exception fault) when (fault is StorageUnavailableException or StartException)
            {
                Console.Error.WriteLine(fault.Message);
                return 1;
            }
        });
        return command;
    }

    private static ServiceProvider Services(string data, IReadOnlyList<string> overrides)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Environment.CurrentDirectory, "appsettings.json"), optional: true)
            .AddEnvironmentVariables().AddCommandLine([.. overrides]).Build();
        var faults = SettingsCheck.Faults(configuration);
        if (faults.Count > 0)
        {
            throw new StartException("The settings are wrong:\n" + string.Join('\n', faults.Select(fault => "  - " + fault)));
        }

        return new ServiceCollection()
            .AddSingleton(TimeProvider.System)
            .AddPilotlightStorage(configuration, data)
            .AddSingleton<KeyService>()
            .BuildServiceProvider();
    }

    private static string[]? List(string[]? names) => names is { Length: > 0 } ? names : null;

    private static string[] Row(GatewayKey key) =>
    [
        key.Id,
        key.Name,
        (key.RevokedAt is not null ? "revoked" : "active") + (key.IsAdmin ? ", admin" : ""),
        $"{key.CreatedAt:yyyy-MM-dd HH:mm}",
        key.LastUsedAt is { } used ? $"{used:yyyy-MM-dd HH:mm}" : "never",
        Describe(key.Limits),
    ];

    private static string Describe(KeyLimits limits)
    {
        string?[] parts =
        [
            limits.UsdPerDay is { } day ? $"${day:0.####}/day" : null,
            limits.UsdPerMonth is { } month ? $"${month:0.####}/month" : null,
            limits.TokensPerDay is { } tokens ? $"{tokens} tokens/day" : null,
            limits.TokensPerMonth is { } more ? $"{more} tokens/month" : null,
            limits.RequestsPerMinute is { } rate ? $"{rate} turns/min" : null,
            limits.ConcurrentTurns is { } turns ? $"{turns} at a time" : null,
            limits.Models is { } models ? "models " + string.Join(" ", models) : null,
            limits.Profiles is { } profiles ? "profiles " + string.Join(" ", profiles) : null,
        ];
        var set = parts.OfType<string>().ToArray();
        return set.Length == 0 ? "none" : string.Join(", ", set);
    }
}
