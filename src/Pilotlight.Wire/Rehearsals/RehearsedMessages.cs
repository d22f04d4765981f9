using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Rehearsals;

/// <summary>Makes of a rehearsed process's messages those that an untouched one would have sent. Plain logic, no state.</summary>
/// <remarks>
/// A rehearsed process sends: the rehearsal's prompt, the CLI's note on its environment, the rehearsal's answer, and then the
/// conversation. An untouched one sends the conversation, with the note after the first question that it asks itself. What either
/// sends beside that, seen with 2.1.330: docs/decisions/0014-the-whole-rehearsal.md.
/// </remarks>
internal static class RehearsedMessages
{
    private const string NamesTheModel = "You are powered by the model named ";

    // What the CLI writes before the question when it is told a model in the middle of a conversation.
    private static readonly string[] ModelCommand =
    [
        "<local-command-caveat>", "<command-name>/model</command-name>", "<local-command-stdout>Set model to ",
    ];

    /// <summary>The messages without the rehearsal, and with what the conversation begins with.</summary>
    /// <exception cref="RehearsalException">Something is not where it has to be.</exception>
    public static List<ReadOnlyMemory<byte>> Rewrite(List<ReadOnlyMemory<byte>> messages, RehearsalScript script, RehearsedOpening opening)
    {
        if (messages.Count < 4)
        {
            throw new RehearsalException("there is nothing after the rehearsal");
        }

        var note = ReadHead(messages, script);
        var rest = new List<ReadOnlyMemory<byte>>(opening.History.Count + messages.Count);
        rest.AddRange(opening.History);
        rest.AddRange(messages.Skip(3));
        MoveNote(rest, note, opening);
        return rest;
    }

    /// <summary>Whether the messages are those of the rehearsal's own call, and no more.</summary>
    public static bool AreRehearsal(List<ReadOnlyMemory<byte>> messages, RehearsalScript script) =>
        messages is [var prompt, var note]
        && WrittenMessage.Parse(prompt) is { Role: "user" } asked && asked.OnlyText == script.Prompt
        && WrittenMessage.Parse(note) is { Role: "system", OnlyText.Length: > 0 };

    private static WrittenMessage ReadHead(List<ReadOnlyMemory<byte>> messages, RehearsalScript script)
    {
        if (WrittenMessage.Parse(messages[0]) is not { Role: "user" } prompt || prompt.PlainText != script.Prompt)
        {
            throw new RehearsalException("its prompt is not the first message");
        }

        if (WrittenMessage.Parse(messages[1]) is not { Role: "system", PlainText.Length: > 0 } note)
        {
            throw new RehearsalException("no note on the environment follows its prompt");
        }

        if (WrittenMessage.Parse(messages[2]) is not { Role: "assistant" } answer || answer.OnlyText != script.Answer)
        {
            throw new RehearsalException("its answer does not follow its prompt");
        }

        return note;
    }

    private static void MoveNote(List<ReadOnlyMemory<byte>> rest, WrittenMessage note, RehearsedOpening opening)
    {
        var earlier = opening.History.Count + opening.Replayed;
        if (rest.Count <= earlier || WrittenMessage.Parse(rest[earlier]) is not { Role: "user" } question)
        {
            throw new RehearsalException($"no question stands after {earlier} earlier messages");
        }

        ReadOnlyMemory<byte>? mark = null;
        var hasNamedModel = false;
        var at = earlier + 1;
        while (at < rest.Count && WrittenMessage.Parse(rest[at]) is { Role: "system" } later && TakeIn(later, note, opening, ref hasNamedModel))
        {
            rest.RemoveAt(at);
            mark ??= later.TakeCacheMark();
        }

        // The mark stands on the last message, which the note is to be.
        mark ??= rest.Count == at ? question.TakeCacheMark() : null;
        if (opening.HasNewModel)
        {
            TakeOutCommand(question, hasNamedModel);
        }

        question.Simplify();
        rest[earlier] = question.ToBytes();
        var settings = note.Settings;
        if (earlier > 0)
        {
            note.SetSettings(null);
        }

        if (mark is { } value)
        {
            note.SetCacheMark(value);
        }

        rest.Insert(at, note.ToBytes());
        if (earlier > 0 && settings is { } set)
        {
            // Of the messages that an untouched CLI is told, the first carries the settings, alone.
            var alone = WrittenMessage.Parse("""{"role":"system","content":[]}"""u8.ToArray());
            alone.SetSettings(set);
            rest.Insert(1, alone.ToBytes());
        }
    }

    // What the CLI has to say of a change since the rehearsal an untouched one says in its note at once.
    private static bool TakeIn(WrittenMessage later, WrittenMessage note, RehearsedOpening opening, ref bool hasNamedModel)
    {
        if (later.IsSettingsAlone)
        {
            note.SetSettings(later.Settings);
            return true;
        }

        if (!opening.HasNewModel || hasNamedModel || later.OnlyText is not { } text || !text.StartsWith(NamesTheModel, StringComparison.Ordinal))
        {
            return false;
        }

        var paragraphs = note.PlainText!.Split("\n\n");
        var named = Array.FindIndex(paragraphs, paragraph => paragraph.StartsWith(NamesTheModel, StringComparison.Ordinal));
        if (named < 0)
        {
            throw new RehearsalException("the note on the environment names no model");
        }

        paragraphs[named] = text;
        note.SetPlainText(string.Join("\n\n", paragraphs));
        note.SetSettings(later.Settings ?? note.Settings);
        return hasNamedModel = true;
    }

    private static void TakeOutCommand(WrittenMessage question, bool hasNamedModel)
    {
        var blocks = question.Blocks;
        if (!hasNamedModel || blocks.Count <= ModelCommand.Length
            || ModelCommand.Index().Any(part => WrittenMessage.TextOf(blocks[part.Index])?.StartsWith(part.Item, StringComparison.Ordinal) != true))
        {
            throw new RehearsalException("the change of the model is not told as expected");
        }

        question.SetBlocks(blocks[ModelCommand.Length..]);
    }
}
