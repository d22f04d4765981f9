using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Problems;
using Pilotlight.Gateway.Compatible;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>What calls ask for, and what each route makes of it.</summary>
public sealed class SettingTests
{
    [Fact]
    public void A_chat_completion_says_how_it_is_to_be_made()
    {
        var settings = Reading.Read(Reading.OpenAi, """
            "temperature":0.2,"top_p":0.5,"stop":"END","max_completion_tokens":100.0,"reasoning_effort":"high","service_tier":"default","user":"ada",
            "presence_penalty":0.1,"seed":7,"logit_bias":{"1":2},"made_up":1
            """).Settings;

        Assert.Equal((0.2, 0.5, 100, Effort.High), (settings.Temperature, settings.TopP, settings.MaxTokens, settings.Effort));
        Assert.Equal(["END"], settings.StopSequences);
        Assert.Equal(("standard_only", "ada"), (settings.ServiceTier, settings.UserId));
        Assert.Equal(["presence_penalty", "seed", "logit_bias"], settings.Tuning);
        Assert.Equal(["made_up"], settings.Unknown);
    }

    [Fact]
    public void A_message_says_how_it_is_to_be_made()
    {
        var request = Reading.Read(Reading.Anthropic, """
            "temperature":0,"top_p":0.5,"top_k":40,"stop_sequences":["a","\n"],"thinking":{"type":"enabled","budget_tokens":2048},"metadata":{"user_id":"u"},
            "service_tier":"standard_only","output_config":{"effort":"max","format":{"type":"json_schema","schema":{"properties":{}}}},"context_management":{"edits":[{"type":"x"}]}
            """);

        var settings = request.Settings;
        Assert.Equal((0.0, 0.5, 40, 64, Effort.Max), (settings.Temperature, settings.TopP, settings.TopK, settings.MaxTokens, settings.Effort));
        Assert.Equal(["a", "\n"], settings.StopSequences);
        Assert.Equal((new ThinkingSetting("enabled", 2048), "u", "standard_only"), (settings.Thinking, settings.UserId, settings.ServiceTier));
        Assert.NotNull(request.OutputSchema);
        Assert.Equal(["context_management"], settings.Tuning);
    }

    [Fact]
    public void OpenAIs_hotter_half_is_the_hottest_there_is()
    {
        Assert.Null(Reading.Read(Reading.OpenAi, "\"temperature\":1.5").Settings.Temperature);
        Assert.Equal(0, Reading.Read(Reading.OpenAi, "\"temperature\":0").Settings.Temperature);
    }

    [Theory]
    [InlineData(Reading.OpenAi, """ "stop":[],"temperature":null,"top_p":1,"n":1,"logprobs":false,"tools":null,"tool_choice":null,"response_format":null,"stream_options":null,"modalities":["text"] """)]
    [InlineData(Reading.OpenAi, """ "stop":"","presence_penalty":0,"logit_bias":{},"metadata":{},"tools":[],"tool_choice":"required","functions":[],"function_call":"auto" """)]
    [InlineData(Reading.Anthropic, """ "stop_sequences":[],"temperature":1,"thinking":null,"system":null,"tools":[],"tool_choice":{"type":"any"},"mcp_servers":[],"service_tier":"auto","stream":null """)]
    public void Empties_nulls_and_defaults_ask_for_nothing(string api, string properties)
    {
        var asked = Reading.Read(api, properties);
        var plain = Reading.Read(api, "");

        Assert.Equal(Told(plain), Told(asked));
        Assert.Empty(asked.Settle(CallRoute.Cli, new CompatibleOptions()).Ignored);

        static string Told(CompatibleRequest request) => (request.Settings with { StopSequences = [], StrictTools = new HashSet<string>(), SystemNotes = [], Tuning = [], Unknown = [] }).ToString()
            [..40] + string.Join(',', request.Settings.StopSequences) + request.Settings.ToolChoice + request.Settings.Temperature + request.Settings.ServiceTier;
    }

    [Theory]
    [InlineData(Reading.OpenAi, "\"n\":2", "once for each answer")]
    [InlineData(Reading.OpenAi, "\"logprobs\":true", "Leave it out")]
    [InlineData(Reading.OpenAi, "\"top_logprobs\":3", "Leave it out")]
    [InlineData(Reading.OpenAi, "\"modalities\":[\"text\",\"audio\"]", "answers in text")]
    [InlineData(Reading.OpenAi, "\"audio\":{\"voice\":\"x\"}", "answers in text")]
    [InlineData(Reading.OpenAi, "\"functions\":[{\"name\":\"f\"}]", "as tools")]
    [InlineData(Reading.Anthropic, "\"mcp_servers\":[{\"url\":\"x\"}]", "profile")]
    [InlineData(Reading.OpenAi, "\"temperature\":\"hot\"", "from 0 to 2")]
    [InlineData(Reading.Anthropic, "\"temperature\":1.1", "from 0 to 1")]
    [InlineData(Reading.OpenAi, "\"max_completion_tokens\":1.5", "whole number")]
    [InlineData(Reading.OpenAi, "\"max_completion_tokens\":1e400", "whole number")]
    [InlineData(Reading.OpenAi, "\"stop\":[1]", "stop[0] is 1")]
    [InlineData(Reading.OpenAi, "\"stop\":{}", "a list of them")]
    [InlineData(Reading.OpenAi, "\"reasoning_effort\":\"lots\"", "'lots'")]
    public void Where_the_answer_would_not_be_what_was_asked_for_the_call_is_refused_with_the_next_step(string api, string properties, string says) =>
        Assert.Contains(says, Reading.Fault(api, properties).Detail, StringComparison.Ordinal);

    [Fact]
    public void What_only_tunes_is_left_aside_by_name_and_a_strict_gateway_refuses_it()
    {
        var request = Reading.Read(Reading.OpenAi, "\"temperature\":0.2,\"seed\":1,\"made_up\":1");
        var strict = new CompatibleOptions { Unsupported = Unsupported.Refuse };

        Assert.Equal(["temperature", "seed", "made_up"], request.Settle(CallRoute.Cli, new CompatibleOptions()).Ignored);
        Assert.Equal(["seed", "made_up"], request.Settle(CallRoute.Wire, new CompatibleOptions()).Ignored);
        Assert.Equal(["seed", "made_up"], request.Settle(CallRoute.Direct, new CompatibleOptions()).Ignored);
        Assert.Contains("temperature", Assert.Throws<ProblemException>(() => request.Settle(CallRoute.Cli, strict)).Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(["made_up"], Reading.Read(Reading.OpenAi, "\"made_up\":1").Settle(CallRoute.Cli, strict).Ignored);
    }

    [Fact]
    public void Names_that_do_not_fit_a_header_are_not_told_in_one()
    {
        var names = string.Join(',', Enumerable.Range(0, 100).Select(at => $"\"name{at}\":1"));

        var request = Reading.Read(Reading.OpenAi, $"\"a\\r\\nset-cookie: b\":1,\"é\":1,\"\":1,\"{new string('x', 10_000)}\":1,{names}");

        Assert.Equal(20, request.Settings.Unknown.Count);
        Assert.All(request.Settings.Unknown, name => Assert.StartsWith("name", name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_beginning_of_an_answer_takes_the_wire()
    {
        var request = Reading.Read(Reading.Anthropic, """ "messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]""");

        var fault = Assert.Throws<ProblemException>(() => request.Settle(CallRoute.Cli, new CompatibleOptions()));

        Assert.Contains("a key of the API's", fault.Message, StringComparison.Ordinal);
        Assert.Equal("b", request.Settle(CallRoute.Wire, new CompatibleOptions()).Settings.Prefill);
    }

    [Fact]
    public void A_name_may_stand_for_a_model()
    {
        var options = new CompatibleOptions { Models = { ["gpt-4o"] = "sonnet" } };
        var request = Reading.Read(Reading.OpenAi, "");

        Assert.Equal("sonnet", (request with { Model = "GPT-4o" }).Settle(CallRoute.Cli, options).Model);
        Assert.Equal("other", (request with { Model = "other" }).Settle(CallRoute.Cli, options).Model);
    }
}
