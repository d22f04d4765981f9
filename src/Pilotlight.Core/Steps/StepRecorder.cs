using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Pilotlight.Core.Steps;

/// <summary>Makes steps of what happens in a turn: each ends where a tool has returned and something else begins. One instance a turn.</summary>
/// <param name="most">Most characters kept of a call's input, and of its result.</param>
public sealed class StepRecorder(int most)
{
    private readonly List<(StringBuilder Text, List<StepCall> Calls)> _steps = [];
    private int _repeated;

    /// <summary>The steps so far. Text after the last call is of none.</summary>
    public IReadOnlyList<MessageStep> Steps => [.. _steps.Where(step => step.Calls.Count > 0).Select(step => new MessageStep(step.Text.ToString(), [.. step.Calls]))];

    /// <summary>A step as it is so far.</summary>
    public void Take(MessageStep step) => _steps.Add((new StringBuilder(step.Text), [.. step.Calls]));

    /// <summary>More text of the answer.</summary>
    public void Say(string text)
    {
        var skipped = Math.Min(_repeated, text.Length);
        _repeated -= skipped;
        if (skipped < text.Length)
        {
            Current().Text.Append(text, skipped, text.Length - skipped);
        }
    }

    /// <summary>What was said is void; what stands in steps that have ended is told again.</summary>
    public void Reset()
    {
        if (_steps.Count > 0 && _steps[^1].Calls.Count == 0)
        {
            _steps.RemoveAt(_steps.Count - 1);
        }

        _repeated = _steps.Sum(step => step.Text.Length);
    }

    /// <summary>A tool was called.</summary>
    public void Call(string id, string name, JsonElement input)
    {
        var size = input.ValueKind == JsonValueKind.Undefined ? 0 : input.GetRawText().Length;
        Current().Calls.Add(size <= most
            ? new StepCall(id, name, input, null, false, null)
            : new StepCall(id, name, null, null, false, LeftOut(size, "input")));
    }

    /// <summary>A tool has returned.</summary>
    public void Return(string id, bool isError, string? result)
    {
        foreach (var (_, calls) in _steps)
        {
            if (calls.FindIndex(call => call.Id == id) is >= 0 and var at)
            {
                var (kept, left) = Shorten(result, most);
                calls[at] = calls[at] with
                {
                    Result = kept,
                    IsError = isError,
                    HasReturned = true,
                    LeftOut = left == 0 ? calls[at].LeftOut : string.Join("; ", new[] { calls[at].LeftOut, LeftOut(left, "result") }.OfType<string>()),
                };
            }
        }
    }

    /// <summary>The beginning of a text, and how much is not in it. Never half of a character that takes two.</summary>
    public static (string? Kept, int Left) Shorten(string? text, int most)
    {
        if (text is null || text.Length <= most)
        {
            return (text, 0);
        }

        var end = most > 0 && char.IsHighSurrogate(text[most - 1]) ? most - 1 : most;
        return (text[..end], text.Length - end);
    }

    private static string LeftOut(int characters, string of) => string.Create(CultureInfo.InvariantCulture, $"{characters:N0} characters of the {of} were left out");

    private (StringBuilder Text, List<StepCall> Calls) Current()
    {
        if (_steps.Count == 0 || _steps[^1].Calls.Exists(call => call.HasReturned))
        {
            _steps.Add((new StringBuilder(), []));
        }

        return _steps[^1];
    }
}
