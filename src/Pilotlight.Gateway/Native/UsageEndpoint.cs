using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Usage;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Gateway.Native;

/// <summary><c>GET /api/usage</c>: tokens and cost by key, model and day, as JSON or CSV; admins see everybody's.</summary>
internal static class UsageEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/usage", GetAsync).WithTags("Usage").WithName("GetUsage")
            .WithSummary("Tokens and estimated cost by key, model and day, as JSON or CSV.").Produces<UsageView>().ProducesProblem(StatusCodes.Status400BadRequest);

    private static async Task<IResult> GetAsync(
        HttpContext http,
        IUsageStore usage,
        CancellationToken cancellationToken,
        string? key = null,
        string? model = null,
        DateOnly? from = null,
        DateOnly? to = null,
        string? format = null)
    {
        if (format is not (null or "csv" or "json"))
        {
            throw RequestProblems.Invalid($"format is '{format}'; it must be json or csv.");
        }

        var caller = http.GetCaller();
        if (!caller.IsAdmin && key is not null && key != caller.KeyId)
        {
            throw AccessProblems.AdminsOnly(caller);
        }

        var entries = await usage.ReadAsync(new UsageQuery(caller.IsAdmin ? key : caller.KeyId, model, from, to), cancellationToken);
        return format == "csv" || (format is null && http.Request.Headers.Accept.ToString().StartsWith("text/csv", StringComparison.OrdinalIgnoreCase))
            ? Results.Text(Csv(entries), "text/csv", Encoding.UTF8)
            : Results.Ok(View(entries));
    }

    private static UsageView View(IReadOnlyList<UsageEntry> entries) => new(
        [.. entries.Select(entry => new UsageRowView(
            entry.Key, entry.KeyName, entry.Model, entry.Day, entry.Turns,
            entry.Usage.InputTokens, entry.Usage.OutputTokens, entry.Usage.CacheReadTokens, entry.Usage.CacheWriteTokens, entry.CostUsd))],
        new UsageTotalView(
            entries.Sum(entry => entry.Turns),
            entries.Sum(entry => entry.Usage.InputTokens),
            entries.Sum(entry => entry.Usage.OutputTokens),
            entries.Sum(entry => entry.Usage.CacheReadTokens),
            entries.Sum(entry => entry.Usage.CacheWriteTokens),
            entries.Sum(entry => entry.CostUsd)),
        CostIsEstimate: true);

    private static string Csv(IReadOnlyList<UsageEntry> entries)
    {
        var csv = new StringBuilder("day,key,keyName,model,turns,inputTokens,outputTokens,cacheReadTokens,cacheWriteTokens,estimatedCostUsd\r\n");
        foreach (var entry in entries)
        {
            TurnUsage tokens = entry.Usage;
            csv.Append(CultureInfo.InvariantCulture, $"{entry.Day:yyyy-MM-dd},{Field(entry.Key)},{Field(entry.KeyName ?? "")},{Field(entry.Model)},{entry.Turns},")
                .Append(CultureInfo.InvariantCulture, $"{tokens.InputTokens},{tokens.OutputTokens},{tokens.CacheReadTokens},{tokens.CacheWriteTokens},{entry.CostUsd}\r\n");
        }

        return csv.ToString();
    }

    // A name that begins like a formula would be run by a spreadsheet.
    private static string Field(string text)
    {
        var safe = text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' ? "'" + text : text;
        return safe.AsSpan().IndexOfAny(",\"\r\n") >= 0 ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}

/// <summary>What was used, as the API shows it; costs are the CLI's estimates.</summary>
public sealed record UsageView(IReadOnlyList<UsageRowView> Items, UsageTotalView Total, bool CostIsEstimate);

/// <summary>What one key used of one model on one day.</summary>
public sealed record UsageRowView(
    string Key, string? KeyName, string Model, DateOnly Day, long Turns, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens, decimal CostUsd);

/// <summary>All of it together.</summary>
public sealed record UsageTotalView(long Turns, long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens, decimal CostUsd);
