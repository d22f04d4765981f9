using System.Globalization;
using Pilotlight.Client.Turns;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>Shows one answer as it comes, and at its end how it was served. One instance a turn.</summary>
internal sealed class AnswerView
{
    private readonly CodePainter _painter = new();
    private string _acquire = "";
    private bool _hasText;
    private bool _isThinking;
    private bool _isWaiting;

    /// <summary>What the turn waits with for a yes or a no; null for nothing.</summary>
    public string? Approval { get; private set; }

    /// <summary>The turn, once it has begun.</summary>
    public string? TurnId { get; private set; }

    public void Wait(string what)
    {
        EndWait();
        AnsiConsole.MarkupInterpolated($"[grey]{what}[/]");
        _isWaiting = true;
    }

    public void Show(TurnEvent turnEvent)
    {
        EndWait();
        switch (turnEvent)
        {
            case TurnStarted started:
                TurnId = started.TurnId;
                _acquire = $"{started.Acquire.Source} {Milliseconds(started.Acquire.Ms)}, ";
                Wait("… (Esc stops)");
                break;
            case TextDelta delta:
                if (_isThinking)
                {
                    AnsiConsole.WriteLine();
                    _isThinking = false;
                }

                Console.Write(_painter.Add(delta.Text));
                _hasText = true;
                break;
            case ThinkingDelta thinking:
                AnsiConsole.Write(new Text(thinking.Text, new Style(Color.Grey, decoration: Decoration.Italic)));
                _isThinking = true;
                break;
            case TextReset:
                Line("yellow", "The model starts over; what stands above is void.");
                break;
            case ToolStarted tool:
                Line("blue", $"uses {tool.Name} …");
                break;
            case ApprovalRequested asked:
                Approval = asked.ApprovalId;
                Line("yellow", $"{asked.Title}");
                if (asked.Tool != "Bash")
                {
                    Line("grey", asked.Input.GetRawText());
                }

                Wait("Allow it? y allows, n denies, Esc stops");
                break;
            case QuestionAsked asked:
                Approval = null;
                Line("yellow", $"The model asks something that the terminal cannot answer: {asked.Questions.GetRawText()} Answer it in the console, or press Esc.");
                break;
            case ApprovalResolved resolved:
                Approval = null;
                Line("grey", resolved.Decision == "allow" ? "allowed" : $"denied{(resolved.By == "deadline" ? ": nobody answered in time" : "")}");
                break;
            case ToolFinished { IsError: true }:
                Line("yellow", "the tool failed");
                break;
            case TaskUpdated { Kind: "agent", Agent: { } agent } task:
                Line("blue", $"{agent} begins: {task.Description} …");
                break;
            case TaskUpdated { Status: "failed" or "stopped" } task:
                Line("yellow", $"{task.Agent ?? "what ran in the background"} {(task.Status == "failed" ? "failed" : "was stopped")}");
                break;
            case TurnRetrying retry:
                Line("yellow", $"The API did not answer{(retry.Status is { } status ? $" after status {status}" : "")}: try {retry.Attempt} of {retry.MaxAttempts} …");
                break;
            case ContextTruncated truncated:
                Line("yellow", $"The conversation is long: its first {truncated.DroppedTurns} turns are no longer sent.");
                break;
            case TurnFailed failed:
                Line("red", failed.Problem.Detail);
                break;
            case TurnCancelled:
                Line("yellow", "Stopped. What had come is stored.");
                break;
            case TurnCompleted completed:
                Line("grey", Served(completed));
                break;
        }
    }

    private string Served(TurnCompleted done)
    {
        var sent = done.Usage.InputTokens + done.Usage.CacheReadTokens + done.Usage.CacheWriteTokens;
        var first = done.TtftMs is { } ms ? $"first token {Milliseconds(ms)}, " : "";
        var cost = done.CostUsd is { } usd ? string.Create(CultureInfo.InvariantCulture, $", ~${usd:0.0000}") : "";
        return $"{done.Model}: {_acquire}{first}{Milliseconds(done.DurationMs)} in all, {sent} tokens in, {done.Usage.OutputTokens} out{cost}";
    }

    private void Line(string color, string text)
    {
        if (_hasText || _isThinking)
        {
            Console.Write(_painter.Finish());
            AnsiConsole.WriteLine();
        }

        (_hasText, _isThinking) = (false, false);
        AnsiConsole.MarkupLine($"[{color}]{Markup.Escape(text)}[/]");
    }

    private void EndWait()
    {
        if (_isWaiting)
        {
            Console.Write("\r\e[K");
            _isWaiting = false;
        }
    }

    private static string Milliseconds(double ms) => ms < 1000
        ? string.Create(CultureInfo.InvariantCulture, $"{ms:0} ms")
        : string.Create(CultureInfo.InvariantCulture, $"{ms / 1000:0.0} s");
}
