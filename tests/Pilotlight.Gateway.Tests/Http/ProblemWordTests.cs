using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Context;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Tests.Http;

/// <summary>Limits, told so that the APIs' clients understand.</summary>
public sealed class ProblemWordTests
{
    [Fact]
    public void A_conversation_that_is_too_long_is_worded_as_each_api_does()
    {
        var ours = new ContextProblem(ProblemKinds.ContextTooLong, "t", "Say less.", 1234, 1000);
        var theirs = new Problem(ProblemKinds.ContextTooLong, "t", "It does not fit: API Error: 400 prompt is too long: 208,310 tokens > 200000 maximum.");
        var unknown = new Problem(ProblemKinds.ContextTooLong, "t", "It does not fit.");

        Assert.StartsWith("prompt is too long: 1234 tokens > 1000 maximum. Say less.", ContextWords.OfAnthropic(ours), StringComparison.Ordinal);
        Assert.StartsWith("This model's maximum context length is 1000 tokens. However, your messages resulted in 1234 tokens.", ContextWords.OfOpenAi(ours), StringComparison.Ordinal);
        Assert.StartsWith("prompt is too long: 208310 tokens > 200000 maximum", ContextWords.OfAnthropic(theirs), StringComparison.Ordinal);
        Assert.Contains("length is 200000 tokens", ContextWords.OfOpenAi(theirs), StringComparison.Ordinal);
        Assert.StartsWith("prompt is too long", ContextWords.OfAnthropic(unknown), StringComparison.Ordinal);
        Assert.Equal("Say less.", ContextWords.OfAnthropic(ours with { Kind = ProblemKinds.InvalidRequest }));
        Assert.Equal("context_length_exceeded", ProblemTable.Of(ProblemKinds.ContextTooLong).OpenAiCode);
    }

    [Theory]
    [InlineData(ProblemKinds.UpstreamRateLimited, null, null, null)]
    [InlineData(ProblemKinds.UpstreamRateLimited, 2.2, "3", "true")]
    [InlineData(ProblemKinds.UpstreamRateLimited, 7200.0, "7200", "false")]
    [InlineData(ProblemKinds.RateLimited, 0.1, "1", "true")]
    [InlineData(ProblemKinds.BudgetExceeded, 30.0, "30", "false")]
    [InlineData(ProblemKinds.UpstreamAuthentication, null, null, "false")]
    [InlineData(ProblemKinds.UpstreamOverloaded, null, null, null)]
    public void When_to_try_again_is_told_as_far_as_it_is_known(string kind, double? seconds, string? retryAfter, string? shouldRetry)
    {
        IHeaderDictionary headers = new HeaderDictionary();

        RetryHeaders.Write(headers, new Problem(kind, "t", "d") { RetryAfter = seconds is { } wait ? TimeSpan.FromSeconds(wait) : null });

        Assert.Equal((retryAfter, shouldRetry), (Text(headers.RetryAfter), Text(headers["x-should-retry"])));

        static string? Text(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString();
    }

    [Fact]
    public void A_budget_that_is_used_up_is_no_rate_limit_to_OpenAIs_clients() =>
        Assert.Equal(("insufficient_quota", "insufficient_quota", 429), (ProblemTable.Of(ProblemKinds.BudgetExceeded) is var row ? row.OpenAiType : "", row.OpenAiCode, row.Status));
}
