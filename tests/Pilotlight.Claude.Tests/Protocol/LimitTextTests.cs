using Pilotlight.Claude.Turns;

namespace Pilotlight.Claude.Tests.Protocol;

/// <summary>Limits that are told in words alone.</summary>
public sealed class LimitTextTests
{
    [Theory]
    [InlineData("You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.", "2026-12-01T00:00:00Z")]
    [InlineData("API Error: 400 You will regain access on 2026-12-01.", "2026-12-01T00:00:00Z")]
    [InlineData("Claude AI usage limit reached|1796083200", "2026-12-01T00:00:00Z")]
    [InlineData("You will regain access on 2026-13-41 at 99:99 UTC.", null)]
    [InlineData("This request would exceed your account's rate limit.", null)]
    public void Its_end_is_read_of_the_words(string message, string? end) =>
        Assert.Equal(end is null ? null : DateTimeOffset.Parse(end, System.Globalization.CultureInfo.InvariantCulture), LimitText.EndOf(message));
}
