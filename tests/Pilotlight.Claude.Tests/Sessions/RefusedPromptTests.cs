using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Tests.Installation;
using Pilotlight.Claude.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Claude.Tests.Sessions;

/// <summary>A CLI that does not take a conversation's system prompt; the real one always does, so a script stands in for it.</summary>
public sealed class RefusedPromptTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_without_the_prompt_it_was_asked_with_is_never_handed_on()
    {
        var folder = Directory.CreateTempSubdirectory("pilotlight-test-");
        var path = await StandInCli.WriteAsync(
            folder.FullName,
            """
            while IFS= read -r line; do
              id=$(printf '%s' "$line" | sed 's/.*"request_id":"\([^"]*\)".*/\1/')
              case "$line" in
                *'"initialize"'*'Answer in rhymes.'*)
                  printf '{"type":"control_response","response":{"subtype":"error","request_id":"%s","error":"no more prompts"}}\n' "$id" ;;
                *'"control_request"'*)
                  printf '{"type":"control_response","response":{"subtype":"success","request_id":"%s","response":{}}}\n' "$id" ;;
                *)
                  printf '{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"text_delta","text":"prose"}}}\n'
                  printf '{"type":"result","subtype":"success","is_error":false,"result":"prose","num_turns":1}\n' ;;
              esac
            done
            """,
            "echo 2.1.330",
            StandInCli.Help,
            Token);
        await using (var host = await ClaudeHost.StartAsync(claude => (claude.Path, claude.Rehearse) = (path, false)))
        {
            var refused = await host.RunAsync(new Conversation { Id = "a", SystemPrompt = "Answer in rhymes." }, "hi", Token).WaitAsync(TimeSpan.FromSeconds(60), Token);
            var taken = await host.RunAsync(new Conversation { Id = "b", SystemPrompt = "Answer in prose." }, "hi", Token).WaitAsync(TimeSpan.FromSeconds(60), Token);

            Assert.Empty(refused.OfType<TextDelta>());
            Assert.Contains("no more prompts", Assert.IsType<TurnFailed>(refused[^1]).Error.Message, StringComparison.Ordinal);
            Assert.Equal("prose", Assert.IsType<TurnCompleted>(taken[^1]).Text);
        }

        folder.Delete(recursive: true);
    }
}
