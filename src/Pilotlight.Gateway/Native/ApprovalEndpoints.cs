using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Core.Approvals;
using Pilotlight.Core.Turns;
using Pilotlight.Gateway.Access;

namespace Pilotlight.Gateway.Native;

/// <summary>An approval as it is told.</summary>
/// <param name="ApprovalId">Its id.</param>
/// <param name="TurnId">The turn that waits, or waited.</param>
/// <param name="Kind"><c>approval</c>, or <c>question</c>.</param>
/// <param name="Tool">The tool.</param>
/// <param name="Input">The call's input as the model wrote it; of a question its questions among it.</param>
/// <param name="Title">What is going to be done, in words.</param>
/// <param name="State"><c>pending</c>, <c>allowed</c> or <c>denied</c>.</param>
/// <param name="By">Who decided: a key's id, <c>local</c>, <c>deadline</c>, <c>cancel</c> or <c>restart</c>; null while it waits.</param>
/// <param name="RequestedAt">Since when it waits.</param>
/// <param name="ExpiresAt">When it is denied by itself.</param>
/// <param name="ResolvedAt">When it was decided; null while it waits.</param>
public sealed record ToldApproval(
    string ApprovalId,
    string TurnId,
    string Kind,
    string Tool,
    JsonElement Input,
    string Title,
    string State,
    string? By,
    DateTimeOffset RequestedAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? ResolvedAt)
{
    internal static ToldApproval Of(Approval approval) => new(
        approval.Id,
        approval.TurnId,
        approval.IsQuestion ? "question" : "approval",
        approval.Tool,
        approval.Input,
        approval.Title,
        approval.State switch { ApprovalState.Pending => "pending", ApprovalState.Allowed => "allowed", _ => "denied" },
        approval.Decision?.By,
        approval.RequestedAt,
        approval.ExpiresAt,
        approval.ResolvedAt);
}

/// <summary>A thread's approvals.</summary>
/// <param name="Items">The newest last.</param>
public sealed record ApprovalList(IReadOnlyList<ToldApproval> Items);

/// <summary><c>/api/threads/{id}/approvals</c>.</summary>
internal static class ApprovalEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/threads/{id}/approvals").WithTags("Approvals");
        group.MapGet("/", ListAsync).WithName("ListApprovals").WithSummary("What a thread's turns wait or waited with, the newest last.")
            .ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/{approvalId}", AnswerAsync).WithName("AnswerApproval").WithSummary("Lets a tool run, or not; or answers the model's questions. The turn goes on.")
            .WithDescription("decision is allow or deny; message is told to the model; input takes the place of the model's; answers is an object with the answer to each question by its "
                + "text; remember holds for the same in this thread: the same tool, of a shell the same command. Of several answers the first holds, the others meet a 409.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<ApprovalList> ListAsync(string id, HttpContext http, ApprovalService approvals, CancellationToken cancellationToken) =>
        new([.. (await approvals.ListAsync(http.GetCaller(), id, cancellationToken)).Select(ToldApproval.Of)]);

    private static async Task<ToldApproval> AnswerAsync(
        string id, string approvalId, ApprovalAnswer answer, HttpContext http, ApprovalService approvals, CancellationToken cancellationToken) =>
        ToldApproval.Of(await approvals.AnswerAsync(http.GetCaller(), id, approvalId, answer, cancellationToken));
}
