using System.Text.Json;

namespace Pilotlight.Client.Turns;

/// <summary>An answer to an <see cref="ApprovalRequested"/> or a <see cref="QuestionAsked"/>.</summary>
/// <param name="Decision"><c>allow</c> or <c>deny</c>.</param>
/// <param name="Message">What the model is told of a denial. Default: nothing special.</param>
/// <param name="Input">The whole input instead of the model's. Default: the model's.</param>
/// <param name="Answers">Of a question: an object with the answer to each question, by its text. Default: none.</param>
/// <param name="Remember">Whether it holds for the same in the thread from now on. Default: false.</param>
public sealed record ApprovalAnswer(string Decision, string? Message = null, JsonElement? Input = null, JsonElement? Answers = null, bool Remember = false);
