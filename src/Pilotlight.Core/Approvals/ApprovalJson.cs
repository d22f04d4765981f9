using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pilotlight.Core.Approvals;

/// <summary>The events of approvals as the contract words them.</summary>
internal static class ApprovalJson
{
    public const string Requested = "approval.requested";
    public const string Resolved = "approval.resolved";
    public const string Asked = "question.asked";

    /// <summary>What begins it.</summary>
    public static (string Type, string Data) Begin(Approval approval) => approval.IsQuestion
        ? (Asked, JsonSerializer.Serialize(
            new AskedData(approval.Id, approval.Input.TryGetProperty("questions", out var questions) ? questions : approval.Input, approval.ExpiresAt),
            ApprovalJsonContext.Default.AskedData))
        : (Requested, JsonSerializer.Serialize(
            new RequestedData(approval.Id, approval.Tool, approval.Input, approval.Title, approval.ExpiresAt), ApprovalJsonContext.Default.RequestedData));
}

/// <summary>What ends an approval.</summary>
public static class ApprovalEnd
{
    /// <summary>Name and JSON of the event.</summary>
    public static (string Type, string Data) Write(string approvalId, ApprovalDecision decision) => (ApprovalJson.Resolved, JsonSerializer.Serialize(
        new ResolvedData(approvalId, decision.IsAllowed ? "allow" : "deny", decision.By), ApprovalJsonContext.Default.ResolvedData));
}

internal sealed record RequestedData(string ApprovalId, string Tool, JsonElement Input, string Title, DateTimeOffset ExpiresAt);

internal sealed record AskedData(string ApprovalId, JsonElement Questions, DateTimeOffset ExpiresAt);

internal sealed record ResolvedData(string ApprovalId, string Decision, string By);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(RequestedData))]
[JsonSerializable(typeof(AskedData))]
[JsonSerializable(typeof(ResolvedData))]
internal sealed partial class ApprovalJsonContext : JsonSerializerContext;
