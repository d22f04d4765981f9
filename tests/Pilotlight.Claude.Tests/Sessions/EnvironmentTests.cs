using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Claude.Conversations;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>What reaches the CLI's process, and the library's front door.</summary>
public sealed class EnvironmentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_of_the_hosts_environment_reaches_the_cli_but_what_is_allowed()
    {
        string[] canaries = ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "CLAUDECODE", "CLAUDE_CODE_ENTRYPOINT", "DATABASE_URL", "ANTHROPIC_AUTH_TOKEN"];
        foreach (var name in canaries)
        {
            Environment.SetEnvironmentVariable(name, "canary-" + name);
        }

        await using var host = await ClaudeHost.StartAsync(claude => claude.PassEnvironment.Add("PILOTLIGHT_TEST_PASSED"));
        await host.WaitForWarmthAsync(Token);

        var process = host.Pool.GetSnapshot().Profiles[0].Processes[0].ProcessId;
        var environment = await File.ReadAllTextAsync($"/proc/{process}/environ", Token);

        Assert.DoesNotContain("canary-", environment, StringComparison.Ordinal);
        Assert.Contains($"HOME={host.Home}", environment, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_chat_client_streams_and_accounts()
    {
        await using var host = await ClaudeHost.StartAsync();
        var client = host.Services.GetRequiredService<IChatClient>();

        var response = await client.GetResponseAsync(
            [
                new ChatMessage(ChatRole.System, "Be brief."),
                new ChatMessage(ChatRole.User, "one"),
                new ChatMessage(ChatRole.Assistant, "first"),
                new ChatMessage(ChatRole.User, "two"),
            ],
            cancellationToken: Token);

        Assert.Contains("two", response.Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.True(response.Usage?.OutputTokenCount > 0);
        var seen = Assert.Single(host.Simulator.MessageRequests);
        Assert.Equal(["one", "first", "two"], seen.Messages.Select(message => message.Text));
        Assert.Empty(host.Services.GetRequiredService<IClaudeConversations>().CountHot());
    }

    [Fact]
    public async Task The_chat_client_keeps_a_named_conversation_hot_and_takes_images()
    {
        await using var host = await ClaudeHost.StartAsync();
        var client = host.Services.GetRequiredService<IChatClient>();
        var options = new ChatOptions { ConversationId = "c" };

        // The smallest PNG there is: the CLI drops what is no image.
        var pixel = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

        await client.GetResponseAsync("one", options, Token);
        await client.GetResponseAsync(
            [new ChatMessage(ChatRole.User, [new TextContent("what is this"), new DataContent(pixel, "image/png")])], options, Token);

        Assert.Equal(1, host.Services.GetRequiredService<IClaudeConversations>().CountHot()["chat"]);
        var last = host.Simulator.MessageRequests[^1].Messages[^1];
        Assert.Equal(["image", "text"], last.Content.EnumerateArray().Select(block => block.GetProperty("type").GetString()).Order());
    }

    [Fact]
    public async Task What_the_chat_client_cannot_do_is_refused_and_not_ignored()
    {
        await using var host = await ClaudeHost.StartAsync(pool: pool => pool.MinIdle = 0);
        var client = host.Services.GetRequiredService<IChatClient>();

        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(
            "hi", new ChatOptions { Tools = [AIFunctionFactory.Create(() => 1, "one")] }, Token));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([new ChatMessage(ChatRole.Assistant, "hi")], cancellationToken: Token));
    }
}
