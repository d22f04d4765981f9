using System.Text.Json;
using Microsoft.Extensions.AI;
using Pilotlight.Claude.Chat;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Chat;

/// <summary>What a person, a model or a function writes is only text, wherever a call carries it.</summary>
public sealed class UserTextTests
{
    private const string Secret = "the-secret-of-the-server";

    private static readonly byte[] Pixel = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("@{0} what is this", false)]
    [InlineData("look at @{0}", true)]
    [InlineData("/cost", false)]
    [InlineData("/compact now", true)]
    [InlineData("!cat {0}", false)]
    [InlineData("line\n@{0}\n/cost\n!cat {0}", true)]
    public async Task Nothing_in_any_position_of_a_call_is_expanded_or_run(string pattern, bool withTools)
    {
        await using var host = await ClaudeHost.StartAsync(claude =>
        {
            var reader = new AgentProfileOptions();
            reader.Tools.Add("Bash");
            reader.Tools.Add("Read");
            reader.AllowedTools.Add("Bash");
            reader.AllowedTools.Add("Read");
            claude.Profiles["reader"] = reader;
        });
        var secret = Path.Combine(host.Home, "secret.txt");
        await File.WriteAllTextAsync(secret, Secret, Token);
        var text = pattern.Replace("{0}", secret, StringComparison.Ordinal);
        var options = new ChatOptions
        {
            ConversationId = "c",
            Instructions = text,
            Tools = [AIFunctionFactory.Create(() => text, "echo", text)],
        };
        if (withTools)
        {
            options.UseProfile("reader");
        }

        host.Simulator.Enqueue(Scenario.ToolUse("mcp__functions__echo", "{}"), Scenario.Answer(text), Scenario.Answer("done"));
        await host.ChatClient.GetResponseAsync(
            [
                new ChatMessage(ChatRole.System, text),
                new ChatMessage(ChatRole.User, text),
                new ChatMessage(ChatRole.Assistant, text),
                new ChatMessage(ChatRole.User, [new TextContent(text), new DataContent(Pixel, "image/png"), new TextContent(text)]),
                new ChatMessage(ChatRole.Assistant, [new TextContent(text), new FunctionCallContent("call_1", "echo")]),
                new ChatMessage(ChatRole.Tool, [new FunctionResultContent("call_1", text)]),
                new ChatMessage(ChatRole.Assistant, text),
                new ChatMessage(ChatRole.User, [new TextContent(text), new DataContent(Pixel, "image/png"), new TextContent(text)]),
            ],
            options,
            Token);
        await host.ChatClient.GetResponseAsync([new ChatMessage(ChatRole.System, text), new ChatMessage(ChatRole.User, text)], options, Token);

        var requests = host.Simulator.MessageRequests;
        Assert.Equal(3, requests.Count);
        Assert.All(requests, request => Assert.DoesNotContain(Secret, request.Body.GetRawText(), StringComparison.Ordinal));
        var last = requests[^1];
        Assert.EndsWith($"{text}\n\n{text}", last.SystemPrompt, StringComparison.Ordinal);
        Assert.Equal(
            [text, text, $"{text}\n{text}", text, "", text, $"{text}\n{text}", "", "", text, text],
            last.Messages.Select(Said));
        Assert.Equal(text, ResultText(last.Messages[4]));
        Assert.Equal(text, ResultText(last.Messages[8]));
    }

    // Where there is a shell the CLI adds a note of its own.
    private static string Said(RecordedMessage message) => message.Content.ValueKind == JsonValueKind.String
        ? message.Text
        : string.Join('\n', message.Content.EnumerateArray()
            .Where(block => block.GetProperty("type").GetString() == "text")
            .Select(block => block.GetProperty("text").GetString()!)
            .Where(text => !text.StartsWith("<system-reminder>", StringComparison.Ordinal)));

    private static string? ResultText(RecordedMessage message)
    {
        var content = message.Content.EnumerateArray().Single(block => block.GetProperty("type").GetString() == "tool_result").GetProperty("content");
        return content.ValueKind == JsonValueKind.String ? content.GetString() : content[0].GetProperty("text").GetString();
    }
}
