using System.Text;
using Pilotlight.Claude.Conversations;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>Pictures and files as clients label them.</summary>
public sealed class MediaTests
{
    public const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private static readonly string s_pdf = Convert.ToBase64String("%PDF-1.7\nnothing"u8);

    [Theory]
    [InlineData("image/png")]
    [InlineData("image/png; charset=binary")]
    [InlineData("IMAGE/PNG")]
    [InlineData("image/jpg")]
    [InlineData("image/webp")]
    [InlineData("application/octet-stream")]
    [InlineData("application/pdf")]
    [InlineData("text/plain")]
    [InlineData("")]
    public void The_signature_decides_what_a_picture_is(string label)
    {
        var anthropic = Anthropic("image", label, Png);
        var openAi = OpenAiUrl($"data:{label};base64,{Png}");

        Assert.Equal("image/png", Assert.IsType<UserImage>(anthropic).MediaType);
        Assert.Equal("image/png", Assert.IsType<UserImage>(openAi).MediaType);
    }

    [Theory]
    [InlineData("image/jpg", "image/jpeg")]
    [InlineData("image/x-png", "image/png")]
    [InlineData("Image/Gif;a=b", "image/gif")]
    public void Bytes_without_a_signature_are_what_their_label_means(string label, string type) =>
        Assert.Equal(type, Assert.IsType<UserImage>(Anthropic("image", label, "AAAA")).MediaType);

    [Fact]
    public void A_pdf_is_a_document_whatever_it_is_labelled_and_wherever_it_comes()
    {
        Assert.Equal(("application/pdf", "t"), Document(Part(Reading.Anthropic, $$$"""{"type":"document","title":"t","source":{"type":"base64","media_type":"application/pdf","data":"{{{s_pdf}}}"}}""")));
        Assert.Equal(("application/pdf", null), Document(Anthropic("image", "image/png", s_pdf)));
        Assert.Equal(("application/pdf", "a.pdf"), Document(Part(Reading.OpenAi, $$$"""{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,{{{s_pdf}}}"}}""")));
        Assert.Equal(("application/pdf", "a.pdf"), Document(Part(Reading.OpenAi, $$$"""{"type":"file","file":{"filename":"a.pdf","file_data":"{{{s_pdf}}}"}}""")));

        static (string, string?) Document(UserContent part) => (Assert.IsType<UserDocument>(part).MediaType, ((UserDocument)part).Title);
    }

    [Theory]
    [InlineData("""{"type":"document","source":{"type":"text","media_type":"text/plain","data":"hej å"}}""")]
    [InlineData("""{"type":"document","source":{"type":"base64","media_type":"text/markdown","data":"aGVqIMOl"}}""")]
    [InlineData("""{"type":"document","source":{"type":"content","content":[{"type":"text","text":"hej å"}]}}""")]
    [InlineData("""{"type":"document","source":{"type":"content","content":"hej å"}}""")]
    public void Text_is_a_document_too(string block)
    {
        var document = Assert.IsType<UserDocument>(Part(Reading.Anthropic, block));

        Assert.Equal(("text/plain", "hej å"), (document.MediaType, Encoding.UTF8.GetString(document.Data.Span)));
    }

    [Fact]
    public void An_address_is_the_apis_to_fetch()
    {
        Assert.Equal("https://a.example/b.png", Assert.IsType<UserImageAddress>(OpenAiUrl("https://a.example/b.png")).Address.AbsoluteUri);
        Assert.IsType<UserImageAddress>(Part(Reading.OpenAi, """{"type":"image_url","image_url":"https://a.example/b"}"""));
        Assert.IsType<UserImageAddress>(Part(Reading.Anthropic, """{"type":"image","source":{"type":"url","url":"https://a.example/b"}}"""));
        Assert.IsType<UserDocumentAddress>(Part(Reading.Anthropic, """{"type":"document","source":{"type":"url","url":"https://a.example/b"}}"""));
    }

    [Theory]
    [InlineData(Reading.Anthropic, """{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"Qk0="}}""", "'image/bmp'")]
    [InlineData(Reading.Anthropic, """{"type":"image","source":{"type":"base64","media_type":"image/png","data":"%%%"}}""", "not valid base64")]
    [InlineData(Reading.Anthropic, """{"type":"image","source":{"type":"base64","media_type":"image/png","data":""}}""", "is empty")]
    [InlineData(Reading.Anthropic, """{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGVq"}}""", "no PDF")]
    [InlineData(Reading.Anthropic, """{"type":"document","source":{"type":"base64","media_type":"text/plain","data":"//79"}}""", "no UTF-8")]
    [InlineData(Reading.Anthropic, """{"type":"document","source":{"type":"file","file_id":"f"}}""", "kept nowhere")]
    [InlineData(Reading.Anthropic, """{"type":"image","source":{"type":"url","url":"file:///etc/passwd"}}""", "http or https")]
    [InlineData(Reading.OpenAi, """{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}""", "data URL")]
    [InlineData(Reading.OpenAi, """{"type":"file","file":{"file_id":"f"}}""", "kept nowhere")]
    [InlineData(Reading.OpenAi, """{"type":"input_audio","input_audio":{"data":"","format":"wav"}}""", "audio")]
    [InlineData(Reading.OpenAi, """{"type":"video_url","video_url":{"url":"x"}}""", "'video_url'")]
    public void What_cannot_be_sent_is_refused_with_the_next_step(string api, string part, string says) =>
        Assert.Contains(says, Reading.Fault(api, $$$""" "messages":[{"role":"user","content":[{{{part}}}]}]""").Detail, StringComparison.Ordinal);

    [Theory]
    [InlineData("aGVqIMOl\n")]
    [InlineData("aGVq\r\nIMOl")]
    [InlineData("aGVqIMOlIQ")]
    [InlineData("aGVqIMOlIQ==")]
    [InlineData("aGVqIMO_")]
    public void Base64_may_be_wrapped_unfilled_or_of_the_alphabet_of_addresses(string data) =>
        Assert.StartsWith("hej", Encoding.UTF8.GetString(((UserDocument)Anthropic("document", "text/plain", data)).Data.Span), StringComparison.Ordinal);

    private static UserContent Anthropic(string type, string label, string data) => Part(
        Reading.Anthropic, $$$"""{"type":"{{{type}}}","source":{"type":"base64","media_type":"{{{label}}}","data":{{{System.Text.Json.JsonSerializer.Serialize(data)}}} }}""");

    private static UserContent OpenAiUrl(string url) => Part(Reading.OpenAi, $$$"""{"type":"image_url","image_url":{"url":"{{{url}}}"}}""");

    private static UserContent Part(string api, string part) => Reading.Read(api, $$$""" "messages":[{"role":"user","content":[{{{part}}}]}]""").Content[0];
}
