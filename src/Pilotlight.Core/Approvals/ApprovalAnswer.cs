using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Approvals;

/// <summary>A person's answer, as it comes.</summary>
/// <param name="Decision"><c>allow</c> or <c>deny</c>; may be left out with <paramref name="Answers"/>.</param>
/// <param name="Message">What the model is told of a denial.</param>
/// <param name="Input">The input instead of the model's, an object.</param>
/// <param name="Answers">Of a question: an object with the answer to each question, by its text.</param>
/// <param name="Remember">Whether it holds for the same in the thread from now on: the same tool, of a shell the same command.</param>
public sealed record ApprovalAnswer(string? Decision, string? Message = null, JsonElement? Input = null, JsonElement? Answers = null, bool Remember = false)
{
    private const int LongestMessage = 10_000;

    /// <summary>The decision that it is.</summary>
    /// <exception cref="ProblemException">It is none.</exception>
    internal ApprovalDecision Decide(Approval approval, string by)
    {
        var isAllowed = Decision switch
        {
            "allow" => true,
            "deny" => false,
            null when Answers is not null => true,
            _ => throw RequestProblems.Invalid($"decision is '{Decision}'; it must be allow or deny."),
        };
        if (Message is { Length: > LongestMessage })
        {
            throw RequestProblems.Invalid($"message has {Message.Length:N0} characters; at most {LongestMessage:N0} are taken.");
        }

        if (Input is { ValueKind: not JsonValueKind.Object })
        {
            throw RequestProblems.Invalid($"input is a JSON {Input.Value.ValueKind}; it must be an object, the tool's whole input.");
        }

        if (isAllowed && approval.IsQuestion && Answers is not { ValueKind: JsonValueKind.Object })
        {
            throw RequestProblems.Invalid("This is a question; answers must be an object with the answer to each question, by its text.");
        }

        return new ApprovalDecision(isAllowed, by)
        {
            Message = string.IsNullOrWhiteSpace(Message) ? null : Message,
            Input = !isAllowed ? null : approval.IsQuestion ? WithAnswers(approval.Input, Answers!.Value) : Input,
            IsRemembered = Remember && !approval.IsQuestion,
        };
    }

    private static JsonElement WithAnswers(JsonElement input, JsonElement answers)
    {
        var whole = JsonObject.Create(input)?.DeepClone() as JsonObject ?? [];
        whole["answers"] = JsonNode.Parse(answers.GetRawText());
        using var document = JsonDocument.Parse(whole.ToJsonString());
        return document.RootElement.Clone();
    }
}
