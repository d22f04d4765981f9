using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Pilotlight.Claude.Permissions;

namespace Pilotlight.Claude.Tests.Tools;

/// <summary>What MCP servers ask users, as the CLI (2.1.330) hands it on.</summary>
public sealed class ElicitationTests
{
    private static readonly JsonElement s_request = JsonElement.Parse("""
        {"subtype":"elicitation","mcp_server_name":"srv","message":"When?","mode":"form","requested_schema":{"type":"object",
        "properties":{"day":{"type":"string","enum":["Friday","Monday"]},"guests":{"type":"integer"},"window":{"type":"boolean"}},"required":["day"]}}
        """);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_servers_form_is_questions_and_their_answers_fill_it()
    {
        var permissions = Asking(canAsk: true);
        var answering = permissions.ElicitAsync(s_request, "c", Token).AsTask();
        var asked = permissions.Waiting.First!;

        Assert.True(asked.IsQuestion);
        Assert.Equal(("mcp__srv", "When?"), (asked.ToolName, asked.Reason));
        Assert.Equal(["day", "guests", "window"], asked.Input.GetProperty("questions").EnumerateArray().Select(question => question.GetProperty("question").GetString()));
        Assert.Equal("Monday", asked.Input.GetProperty("questions")[0].GetProperty("options")[1].GetProperty("label").GetString());
        var input = JsonElement.Parse("""{"answers":{"day":"Friday","guests":"4","window":"true","other":"x"}}""");
        Assert.True(permissions.Waiting.TryAnswer(asked.ToolUseId, ToolDecision.Allow(input)));
        Assert.Equal("""{"action":"accept","content":{"day":"Friday","guests":4,"window":true}}""", (await answering)!.ToJsonString());
    }

    [Fact]
    public async Task Nobody_to_ask_and_a_denial_decline()
    {
        Assert.Equal("""{"action":"decline"}""", (await Asking(canAsk: false).ElicitAsync(s_request, "c", Token))!.ToJsonString());
        var permissions = Asking(canAsk: true);
        var answering = permissions.ElicitAsync(s_request, "c", Token).AsTask();
        permissions.Waiting.TryAnswer(permissions.Waiting.First!.ToolUseId, ToolDecision.Deny("no"));
        Assert.Equal("""{"action":"decline"}""", (await answering)!.ToJsonString());
    }

    private static ToolPermissions Asking(bool canAsk)
    {
        var permissions = new ToolPermissions(null, new ToolPolicy(new AgentProfileOptions { Approval = ToolApproval.Ask }), NullLogger.Instance);
        permissions.Use(new ApprovalRules(canAsk));
        return permissions;
    }
}
