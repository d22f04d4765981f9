using System.Text;
using System.Text.Json;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Thinking that clients keep for us comes back as it was, and what is another's or broken is nothing.</summary>
public sealed class SealedThoughtTests
{
    [Fact]
    public void Blocks_come_back_as_they_were()
    {
        JsonElement[] blocks = [JsonElement.Parse("""{"type":"thinking","thinking":"né","signature":"s"}"""), JsonElement.Parse("""{"type":"redacted_thinking","data":"x"}""")];

        var told = SealedThoughts.Read(SealedThoughts.Write(blocks));

        Assert.Equal(2, told.Count);
        Assert.Equal(("né", "s", "x"), (told[0].GetProperty("thinking").GetString(), told[0].GetProperty("signature").GetString(), told[1].GetProperty("data").GetString()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("gAAAAABo-of-another")]
    [InlineData("plt1.")]
    [InlineData("plt1.no base64")]
    [InlineData("plt1.bm8ganNvbg")]
    public void What_is_anothers_or_broken_is_nothing(string? text) => Assert.Empty(SealedThoughts.Read(text));

    [Fact]
    public void Bytes_that_are_no_text_are_nothing_and_half_of_a_character_is_mended()
    {
        Assert.Empty(SealedThoughts.Read(Sealed([.. """[{"type":"thinking","signature":"s","thinking":" """u8, 0xED, 0xA0, 0xBD, .. "\"}]"u8])));
        Assert.Equal("�", SealedThoughts.Read(Sealed("""[{"type":"thinking","signature":"s","thinking":"\ud83d"}]"""u8))[0].GetProperty("thinking").GetString());

        static string Sealed(ReadOnlySpan<byte> json) => "plt1." + Convert.ToBase64String(json).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""[{"type":"text","text":"x"}]""")]
    [InlineData("""[{"type":"thinking","thinking":"x"}]""")]
    [InlineData("""[{"type":1}]""")]
    public void What_is_no_thinking_is_nothing(string json) => Assert.Empty(SealedThoughts.Read("plt1." + Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=')));
}
