using Microsoft.Extensions.AI;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Permissions;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Chat;

/// <summary>Approvals as Microsoft.Extensions.AI words them, on the real CLI.</summary>
public sealed class ApprovalContentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("named", true)]
    [InlineData("named", false)]
    [InlineData(null, true)]
    [InlineData(null, false)]
    public async Task A_call_that_must_be_asked_for_is_a_request_and_runs_after_its_answer(string? conversation, bool isApproved)
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"touch made"}""", "I make it. "), Scenario.Answer("done"));
        var options = new ChatOptions { ConversationId = conversation, AdditionalProperties = new() { [ClaudeChatOptions.ProfileKey] = "coder" } };
        List<ChatMessage> messages = [new(ChatRole.User, "go")];

        var first = await host.ChatClient.GetResponseAsync(messages, options, Token);
        var request = Assert.Single(first.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>());
        Assert.Equal(ChatFinishReason.ToolCalls, first.FinishReason);
        Assert.Equal("Bash", Assert.IsType<FunctionCallContent>(request.ToolCall).Name);
        Assert.Empty(Files(host));

        var answer = new ChatMessage(ChatRole.User, [request.CreateResponse(isApproved, "Rather not.")]);
        var second = await host.ChatClient.GetResponseAsync(conversation is null ? [.. messages, .. first.Messages, answer] : [answer], options, Token);

        Assert.EndsWith("done", second.Text, StringComparison.Ordinal);
        Assert.Equal(isApproved ? ["made"] : [], Files(host));
        Assert.Equal(2, host.Simulator.MessageRequests.Count);
        Assert.Equal(!isApproved, host.Simulator.MessageRequests[1].Body.GetRawText().Contains("Rather not.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_named_conversation_remembers_what_its_tool_did_when_its_process_is_gone()
    {
        await using var host = await StartAsync();
        host.Simulator.Enqueue(Scenario.ToolUse("Bash", """{"command":"echo of-the-tool"}"""), Scenario.Answer("done"), Scenario.Answer("it said so"));
        var options = new ChatOptions { ConversationId = "c", AdditionalProperties = new() { [ClaudeChatOptions.ProfileKey] = "coder" } };
        var first = await host.ChatClient.GetResponseAsync("go", options, Token);
        var request = first.Messages.SelectMany(message => message.Contents).OfType<ToolApprovalRequestContent>().Single();
        await host.Conversations.ForgetAsync("c", Token);
        await host.ChatClient.GetResponseAsync(new ChatMessage(ChatRole.User, [request.CreateResponse(true)]), options, Token);
        await host.Conversations.ForgetAsync("c", Token);

        await host.ChatClient.GetResponseAsync("What did it say?", options, Token);

        var told = host.Simulator.MessageRequests[^1].Body.GetProperty("messages").GetRawText();
        Assert.Contains(request.RequestId, told, StringComparison.Ordinal);
        Assert.Contains("of-the-tool", told, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Files(ClaudeHost host) => Directory.EnumerateFiles(Path.Combine(host.Home, "coder")).Select(file => Path.GetFileName(file)).Order();

    private static Task<ClaudeHost> StartAsync() => ClaudeHost.StartAsync(options =>
    {
        var profile = new AgentProfileOptions
        {
            Approval = ToolApproval.Ask,
            WorkingDirectory = Directory.CreateDirectory(Path.Combine(options.HomeDirectory!, "coder")).FullName,
        };
        profile.Tools.Add("Bash");
        options.Profiles["coder"] = profile;
    });
}
