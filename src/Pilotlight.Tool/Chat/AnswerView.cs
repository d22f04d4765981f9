using System.Globalization;
using System.Text.Json;
using Pilotlight.Core.Problems;
using Pilotlight.Tool.Client;
using Spectre.Console;

namespace Pilotlight.Tool.Chat;

/// <summary>Shows one answer as it comes, and at its end how it was served. One instance a turn.</summary>
internal sealed class AnswerView
{
    private string _acquire = "";
    private bool _hasText;
    private bool _isThinking;
    private bool _isWaiting;

    /// <summary>The turn, once it has begun.</summary>
    public string? TurnId { get; private set; }

    public void Wait(string what)
    {
        EndWait();
        AnsiConsole.MarkupInterpolated($"[grey]{what}[/]");
        _isWaiting = true;
    }

    public void Show(TurnStreamEvent turnEvent)
    {
        EndWait();
        switch (turnEvent.Type)
        {
            case "turn.started":
                TurnId = turnEvent.Text("turnId");
                var acquire = turnEvent.Data.GetProperty("acquire");
                _acquire = $"{acquire.GetProperty("source").GetString()} {Milliseconds(acquire.GetProperty("ms"))}, ";
                Wait("… (Esc stops)");
                break;
            case "text.delta":
                if (_isThinking)
                {
                    AnsiConsole.WriteLine();
                    _isThinking = false;
                }

                AnsiConsole.Write(new Text(turnEvent.Text("text")));
                _hasText = true;
                break;
            case "thinking.delta":
                AnsiConsole.Write(new Text(turnEvent.Text("text"), new Style(Color.Grey, decoration: Decoration.Italic)));
                _isThinking = true;
                break;
            case "text.reset":
                Line("yellow", "The model starts over; what stands above is void.");
                break;
            case "tool.started":
                Line("blue", $"uses {turnEvent.Text("name")} …");
                break;
            case "tool.finished" when turnEvent.Data.GetProperty("isError").GetBoolean():
                Line("yellow", "the tool failed");
                break;
            case "retrying":
                var status = turnEvent.Data.TryGetProperty("status", out var code) && code.ValueKind == JsonValueKind.Number ? $" after status {code}" : "";
                Line("yellow", $"The API did not answer{status}: try {turnEvent.Data.GetProperty("attempt")} of {turnEvent.Data.GetProperty("maxAttempts")} …");
                break;
            case "context.truncated":
                Line("yellow", $"The conversation is long: its first {turnEvent.Data.GetProperty("droppedTurns")} turns are no longer sent.");
                break;
            case "turn.failed":
                Line("red", turnEvent.Problem);
                break;
            case "turn.cancelled":
                Line("yellow", "Stopped. What had come is stored.");
                break;
            case "turn.completed":
                Line("grey", Served(turnEvent.Data));
                break;
        }
    }

    /// <summary>The stream ended without saying how the turn did.</summary>
    public void BrokeOff() => Line("red", "The answer broke off without an end. The thread holds what was stored.");

    private string Served(JsonElement done)
    {
        var usage = done.GetProperty("usage");
        var sent = usage.GetProperty("inputTokens").GetInt64() + usage.GetProperty("cacheReadTokens").GetInt64() + usage.GetProperty("cacheWriteTokens").GetInt64();
        var first = done.TryGetProperty("ttftMs", out var ms) && ms.ValueKind == JsonValueKind.Number ? $"first token {Milliseconds(ms)}, " : "";
        var cost = done.TryGetProperty("costUsd", out var usd) && usd.ValueKind == JsonValueKind.Number
            ? string.Create(CultureInfo.InvariantCulture, $", ~${usd.GetDecimal():0.0000}")
            : "";
        return $"{done.GetProperty("model").GetString()}: {_acquire}{first}{Milliseconds(done.GetProperty("durationMs"))} in all, {sent} tokens in, {usage.GetProperty("outputTokens")} out{cost}";
    }

    private void Line(string color, string text)
    {
        if (_hasText || _isThinking)
        {
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

    private static string Milliseconds(JsonElement ms) => ms.GetDouble() switch
    {
        < 1000 and var small => string.Create(CultureInfo.InvariantCulture, $"{small:0} ms"),
        var large => string.Create(CultureInfo.InvariantCulture, $"{large / 1000:0.0} s"),
    };
}
