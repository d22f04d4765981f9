using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;
using Pilotlight.Gateway.Http;

namespace Pilotlight.Gateway.Tests.Http;

/// <summary>Limits of a key and of the API, in the words of each API's clients.</summary>
public sealed class RateHeaderTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, string> s_api = new()
    {
        ["anthropic-ratelimit-requests-limit"] = "50",
        ["anthropic-ratelimit-requests-remaining"] = "7",
        ["anthropic-ratelimit-requests-reset"] = "2026-11-29T12:01:30Z",
        ["anthropic-ratelimit-tokens-limit"] = "40000",
        ["anthropic-ratelimit-tokens-remaining"] = "39000",
        ["anthropic-ratelimit-tokens-reset"] = "2026-11-29T13:02:03Z",
        ["anthropic-ratelimit-unified-status"] = "allowed",
    };

    [Fact]
    public void The_apis_are_translated_for_OpenAIs_clients()
    {
        var headers = Write(LimitWords.OpenAi, null);

        Assert.Equal(
            ["limit-requests: 50", "limit-tokens: 40000", "remaining-requests: 7", "remaining-tokens: 39000", "reset-requests: 1m30s", "reset-tokens: 1h2m3s"],
            headers.Select(header => $"{header.Key["x-ratelimit-".Length..]}: {header.Value}").Order());
    }

    [Fact]
    public void They_are_handed_on_to_Anthropics_as_they_came() =>
        Assert.Equal(s_api.OrderBy(limit => limit.Key), Write(LimitWords.Anthropic, null).Select(header => KeyValuePair.Create(header.Key, header.Value.ToString())).OrderBy(limit => limit.Key));

    [Theory]
    [InlineData(6, "10", "6", "5s", "2026-11-29T12:00:05Z")]
    [InlineData(8, "50", "7", "1m30s", "2026-11-29T12:01:30Z")]
    public void Of_a_keys_own_and_the_apis_the_nearer_one_is_told(int remaining, string limit, string left, string wait, string until)
    {
        var own = new RateState(10, remaining, 5);
        var (openAi, anthropic) = (Write(LimitWords.OpenAi, own), Write(LimitWords.Anthropic, own));

        string[] what = ["limit", "remaining", "reset"];
        Assert.Equal([limit, left, wait], what.Select(one => openAi[$"x-ratelimit-{one}-requests"].ToString()));
        Assert.Equal([limit, left, until], what.Select(one => anthropic[$"anthropic-ratelimit-requests-{one}"].ToString()));
        Assert.Equal("39000", anthropic["anthropic-ratelimit-tokens-remaining"]);
    }

    [Theory]
    [InlineData("2026-11-29T11:00:00Z", "0s")]
    [InlineData("2026-11-29T12:00:00.120Z", "120ms")]
    [InlineData("2026-11-29T12:06:00Z", "6m0s")]
    [InlineData("soon", null)]
    public void A_time_is_told_as_what_is_left_of_it(string reset, string? left)
    {
        var headers = new HeaderDictionary();
        RateHeaders.Write(headers, LimitWords.OpenAi, null, new Dictionary<string, string> { ["anthropic-ratelimit-tokens-reset"] = reset }, s_now);

        Assert.Equal(left, headers.TryGetValue("x-ratelimit-reset-tokens", out var told) ? told.ToString() : null);
    }

    private static HeaderDictionary Write(LimitWords words, RateState? own)
    {
        var headers = new HeaderDictionary();
        RateHeaders.Write(headers, words, own, s_api, s_now);
        return headers;
    }
}
