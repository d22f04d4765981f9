using Pilotlight.Claude.Protocol;
using Pilotlight.Simulator;

namespace Pilotlight.Tool.Conformance;

/// <summary>What the CLI says when the API refuses, fails or breaks off.</summary>
internal static class FaultChecks
{
    public static IEnumerable<Check> All =>
    [
        new("wrong-key", "A refused key is announced as a retry with its status, long before the last retry.", WrongKeyAsync),
        new("overload", "An overloaded API is retried, each retry announced, and the answer then comes.", OverloadAsync),
        new("bad-request", "A request that the API refuses ends the turn as an error with its status.", BadRequestAsync),
        new("cut", "A stream that was cut is announced, and the message then starts over.", CutAsync),
    ];

    private static async Task WrongKeyAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.When(_ => true, Scenario.Status(401, message: "invalid x-api-key"));
        await cli.SayAsync("hello", token);
        var seen = await cli.UntilAsync(message => message is CliApiRetry or CliResult, token);
        Expect.That(seen[^1] is CliApiRetry { Status: 401 } or CliResult { IsError: true, ApiErrorStatus: 401 }, $"a 401 shows as {seen[^1]}.");
    }

    private static async Task OverloadAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.Enqueue(Scenario.Status(529), Scenario.Answer("at last"));
        var turn = await cli.TurnAsync("hello", token);
        Expect.That(turn.OfType<CliApiRetry>().Any(retry => retry is { Status: 529, Attempt: 1 }), "the retry was not announced with its status and attempt.");
        Expect.Equal("at last", ProtocolChecks.Success(turn).Text, "the text");
    }

    private static async Task BadRequestAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.When(_ => true, Scenario.Status(400, message: "messages: something is wrong"));
        var result = (CliResult)(await cli.TurnAsync("hello", token))[^1];
        Expect.That(result.IsError, "the turn does not end as an error.");
        Expect.Equal(400, result.ApiErrorStatus, "api_error_status");
        Expect.That(result.Text?.Contains("something is wrong", StringComparison.Ordinal) == true, $"the API's reason is lost: {result.Text}");
    }

    private static async Task CutAsync(CheckContext context, CancellationToken token)
    {
        var cli = await context.StartAsync(token);
        await cli.InitializeAsync(token);
        context.Simulator.Enqueue(Scenario.Cut("one two three four five", afterTokens: 3), Scenario.Answer("one two three four five"));
        var turn = await cli.TurnAsync("hello", token);
        Expect.Equal("one two three four five", ProtocolChecks.Success(turn).Text, "the result's text");
        Expect.Equal(1, turn.OfType<CliMessageDelta>().Count(delta => delta.StopReason is not null), "messages that end with a stop reason");
        Expect.That(turn.OfType<CliMessageStart>().Count() > 1 || turn.OfType<CliAssistant>().Any(), "the message did not start over.");
    }
}
