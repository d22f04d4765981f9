using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Conversations;
using Pilotlight.Core.Prompts;

namespace Pilotlight.Core.Tests.Prompts;

/// <summary>What turns ask beyond a text, as it is stored and as it is told.</summary>
public sealed class PromptTests
{
    private static readonly AIFunctionDeclaration s_weather = AIFunctionFactory.CreateDeclaration("weather", "How it is.", JsonElement.Parse("""{"type":"object"}"""));
    private static readonly HistoryToolCall s_call = new("c1", "weather", JsonElement.Parse("""{"city":"Oslo"}"""));

    [Fact]
    public void All_of_a_prompt_comes_back_as_it_was_stored()
    {
        var prompt = new Prompt
        {
            Content =
            [
                new UserText("a\0b"), new UserImage("image/png", new byte[] { 1, 2 }), new UserImageAddress(new Uri("https://example.com/a.png")),
                new UserDocument("application/pdf", new byte[] { 3 }, "paper"), new UserToolResult("c1", "rain", true) { Content = [new UserText("rain")] },
            ],
            Told = [new HistoryMessage(HistoryRole.User, "Hi."), new HistoryMessage(HistoryRole.Assistant, "") { Calls = [s_call] }],
            Functions = [s_weather], OutputSchema = JsonElement.Parse("""{"type":"object"}"""), Effort = Effort.XHigh, ThinkingSummaries = true, Model = "opus",
            Instructions = "Be brief.", MaxTokens = 7, Parameters = new() { Temperature = 0.5, StopSequences = ["x"], StrictTools = ["weather"] }, IsUnattended = true,
            Echo = JsonElement.Parse("""{"metadata":{}}"""),
        };

        var stored = PromptJson.Write(prompt);

        Assert.Equal(stored, PromptJson.Write(PromptJson.Read(stored)));
        Assert.Equal(prompt.Text, PromptJson.Read(stored).Text);
        Assert.Equal(0.5, PromptJson.Read(stored).Parameters!.Temperature);
    }

    [Fact]
    public void A_call_is_native_only_while_its_function_is_offered_and_its_result_follows()
    {
        HistoryMessage[] history = [new(HistoryRole.User, "How?"), new(HistoryRole.Assistant, "I look.") { Calls = [s_call] }];
        UserContent[] result = [new UserToolResult("c1", "rain")];

        var offered = FunctionHistory.Tell(history, result, [s_weather]);
        var withdrawn = FunctionHistory.Tell(history, result, []);
        var unanswered = FunctionHistory.Tell(history, [new UserText("Never mind.")], [s_weather]);
        var orphan = FunctionHistory.Tell([], result, [s_weather]);

        Assert.Equal("mcp__functions__weather", Assert.Single(offered.History[1].Calls!).Name);
        Assert.Equal(result, offered.Now);
        Assert.Null(withdrawn.History[1].Calls);
        Assert.Equal(["weather"], withdrawn.History[1].ToolNames!);
        Assert.Equal("[weather returned] rain", Assert.IsType<UserText>(Assert.Single(withdrawn.Now)).Text);
        Assert.Null(unanswered.History[1].Calls);
        Assert.Equal("[a function returned] rain", Assert.IsType<UserText>(Assert.Single(orphan.Now)).Text);
    }
}
