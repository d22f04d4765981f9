using System.Text.Json;
using Pilotlight.Wire.Bodies;
using Pilotlight.Wire.Calls;

namespace Pilotlight.Wire.Rehearsals;

/// <summary>A first turn that a process goes through before anybody waits for it: the relay answers it, and takes it out of all that follows.</summary>
/// <remarks>
/// Send the CLI <see cref="Prompt"/> as a user's line, read to its result, and check <see cref="IsAnswered"/>; then tell by
/// <see cref="Open"/> what the conversation begins with. A request that is not exactly as expected is never sent:
/// <see cref="Fault"/> says why, and the process is of no more use. Safe for concurrent use.
/// </remarks>
public sealed class WireRehearsal
{
    private const string TrialAnswer = "Ready.";

    private readonly Lock _gate = new();
    private readonly RehearsalScript _script = RehearsalScript.Create();
    private readonly string _systemPrompt;
    private readonly bool _isTrial;
    private readonly Action<string>? _onFault;
    private RehearsedOpening _opening = new();
    private bool _isAnswered;
    private bool _hasCompacted;
    private string? _fault;

    internal WireRehearsal(WireRehearsalOptions options) =>
        (_systemPrompt, _isTrial, _onFault) = (options.SystemPrompt, options.IsTrial, options.OnFault);

    /// <summary>What the CLI is to be asked.</summary>
    public string Prompt => _script.Prompt;

    /// <summary>Whether the CLI asked, and was answered.</summary>
    public bool IsAnswered
    {
        get
        {
            lock (_gate)
            {
                return _isAnswered;
            }
        }
    }

    /// <summary>What was not as expected, without a word of the conversation; null as long as everything was.</summary>
    public string? Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }
    }

    /// <summary>Says what the conversation begins with; before its first turn.</summary>
    public void Open(RehearsedOpening opening)
    {
        ArgumentNullException.ThrowIfNull(opening);
        lock (_gate)
        {
            _opening = opening;
        }
    }

    /// <summary>Says what is to be done with a request of the process.</summary>
    internal RehearsalStep Take(CallPurpose purpose, bool isMessage, ReadOnlyMemory<byte> bytes)
    {
        var step = Decide(purpose, isMessage, bytes, out var fault);
        if (fault is not null)
        {
            _onFault?.Invoke(fault);
        }

        return step;
    }

    private RehearsalStep Decide(CallPurpose purpose, bool isMessage, ReadOnlyMemory<byte> bytes, out string? fault)
    {
        fault = null;
        lock (_gate)
        {
            try
            {
                return _fault is null ? Decide(purpose, isMessage, bytes) : RehearsalStep.Refuse(_fault);
            }
            catch (Exception unexpected) when (unexpected is RehearsalException or JsonException)
            {
                // What a JSON exception says can quote what it read.
                fault = _fault = unexpected is RehearsalException ? unexpected.Message : "it is not a call for a message";
                return RehearsalStep.Refuse(_fault);
            }
        }
    }

    private RehearsalStep Decide(CallPurpose purpose, bool isMessage, ReadOnlyMemory<byte> bytes)
    {
        var isIn = _script.IsIn(bytes.Span);
        if (!_isAnswered)
        {
            return Rehearse(purpose, isMessage, bytes);
        }

        if (isMessage && purpose is not (CallPurpose.Main or CallPurpose.Compaction))
        {
            // Helpers speak for themselves; what they are asked holds nothing of the conversation's head.
            return isIn || purpose == CallPurpose.Unknown
                ? throw new RehearsalException("a call that is not the conversation's own holds it, or does not say what it is")
                : _isTrial ? Answer(JsonObjectEdit.Parse(bytes), TrialAnswer) : RehearsalStep.Send(bytes);
        }

        if (!isIn && !isMessage)
        {
            return RehearsalStep.Send(bytes);
        }

        if (!isIn && !_hasCompacted)
        {
            throw new RehearsalException("it is gone from the conversation, which was not summed up");
        }

        var body = JsonObjectEdit.Parse(bytes);
        if (isIn)
        {
            body.Set("messages", JsonArrayEdit.Write(RehearsedMessages.Rewrite(Messages(body), _script, _opening)));
        }

        if (_opening.SystemPrompt is { } prompt)
        {
            RehearsedPrompt.Write(body, _systemPrompt, prompt);
        }

        // From here on the conversation may begin with its summary. Never with less: what is left of the head is found, or nothing.
        _hasCompacted |= purpose == CallPurpose.Compaction;
        var changed = body.ToBytes();
        return _script.IsIn(changed.Span)
            ? throw new RehearsalException("it is in the request once more")
            : _isTrial ? Answer(body, TrialAnswer) : RehearsalStep.Send(changed);
    }

    private RehearsalStep Rehearse(CallPurpose purpose, bool isMessage, ReadOnlyMemory<byte> bytes)
    {
        var body = JsonObjectEdit.Parse(bytes);
        if (!isMessage || purpose != CallPurpose.Main || !RehearsedMessages.AreRehearsal(Messages(body), _script))
        {
            throw new RehearsalException("the process's first call is not the rehearsal's");
        }

        RehearsedPrompt.Write(body, _systemPrompt, _systemPrompt);
        _isAnswered = true;
        return Answer(body, _script.Answer);
    }

    private static RehearsalStep Answer(JsonObjectEdit body, string text)
    {
        var model = body.Find("model") is { } name ? JsonSerializer.Deserialize(name.Span, BodyJson.Plain.String) : null;
        return RehearsalStep.Answer(RehearsalAnswer.Write(model ?? "", text));
    }

    private static List<ReadOnlyMemory<byte>> Messages(JsonObjectEdit body) => body.Find("messages") is { } messages ? JsonArrayEdit.Read(messages) : [];
}
