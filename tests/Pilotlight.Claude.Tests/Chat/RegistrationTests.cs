using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Chat;

/// <summary>How Claude Code comes into a host: alone, several times, beside other chat clients, or faked.</summary>
public sealed class RegistrationTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Several_stand_side_by_side_with_options_of_their_own_and_one_pool()
    {
        ClaudeOptions? first = null;
        await using var host = await ClaudeHost.StartAsync(
            claude => first = claude,
            services: services => services.AddKeyedClaudeCode("quick", quick =>
            {
                (quick.Path, quick.BaseUrl, quick.HomeDirectory) = (first!.Path, first.BaseUrl, first.HomeDirectory);
                (quick.Model, quick.ApiKey, quick.SystemPrompt) = ("haiku", "sk-ant-another", "Be quick.");
            }));
        var quick = host.Services.GetRequiredKeyedService<IChatClient>("quick");

        await host.ChatClient.GetResponseAsync("one", cancellationToken: Token);
        await quick.GetResponseAsync("two", cancellationToken: Token);

        var (one, two) = (host.Simulator.MessageRequests[0], host.Simulator.MessageRequests[1]);
        Assert.Contains("sonnet", one.Model, StringComparison.Ordinal);
        Assert.Contains("haiku", two.Model, StringComparison.Ordinal);
        Assert.EndsWith("Be quick.", two.SystemPrompt, StringComparison.Ordinal);
        Assert.Equal("sk-ant-another", two.Headers["x-api-key"]);
        Assert.NotSame(host.Conversations, host.Services.GetRequiredKeyedService<IClaudeConversations>("quick"));
        Assert.Equal(["chat", "quick/chat"], host.Pool.GetSnapshot().Profiles.Select(profile => profile.Name));
    }

    [Fact]
    public async Task Its_chat_client_takes_the_place_of_an_earlier_one_and_gives_way_to_a_later_one()
    {
        using var other = new FakeConversations().AsIChatClient();
        var before = new ServiceCollection().AddLogging();
        before.AddSingleton(other);
        before.AddClaudeCode();
        var after = new ServiceCollection().AddLogging();
        after.AddClaudeCode();
        after.AddSingleton(other);

        await using var takes = before.BuildServiceProvider();
        await using var gives = after.BuildServiceProvider();

        Assert.NotSame(other, takes.GetRequiredService<IChatClient>());
        Assert.Same(other, gives.GetRequiredService<IChatClient>());
    }

    [Fact]
    public async Task Its_chat_client_takes_decorators_and_conversations_can_be_faked()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddSingleton<IClaudeConversations, FakeConversations>();
        services.AddClaudeCode().Use((messages, options, next, cancellationToken) =>
            next(messages.Prepend(new ChatMessage(ChatRole.System, "decorated")), options, cancellationToken));
        await using var provider = services.BuildServiceProvider();

        var response = await provider.GetRequiredService<IChatClient>().GetResponseAsync("hello", cancellationToken: Token);

        Assert.Equal("decorated: hello", response.Text);
        Assert.Equal("a-model", response.ModelId);
    }

    [Fact]
    public async Task A_wrong_option_of_any_of_them_stops_the_start()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => ClaudeHost.StartAsync(services: services =>
            services.AddKeyedClaudeCode("broken", broken => broken.MaxRetries = 99)));

        Assert.Contains("MaxRetries", refused.Message, StringComparison.Ordinal);
    }

    private sealed class FakeConversations : IClaudeConversations
    {
        public async IAsyncEnumerable<TurnEvent> RunTurnAsync(
            Conversation conversation, IReadOnlyList<UserContent> content, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            var text = $"{conversation.SystemPrompt}: {((UserText)content[0]).Text}";
            yield return new TurnStarted(AcquireSource.Hot, TimeSpan.Zero);
            yield return new TextDelta(text);
            yield return new TurnCompleted(text, "a-model", TurnUsage.None, null, "end_turn", null, TimeSpan.Zero);
        }

        public Task WarmAsync(Conversation conversation, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<FileRewind> RewindFilesAsync(string conversationId, Guid checkpoint, bool isTrial, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IReadOnlyDictionary<string, int> CountHot() => new Dictionary<string, int>();

        public IReadOnlyList<HotConversation> ListHot() => [];

        public Task EndAllAsync() => Task.CompletedTask;

        public ValueTask ForgetAsync(string conversationId, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
