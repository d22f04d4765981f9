using Pilotlight.Wire.Bodies;

namespace Pilotlight.Wire.Rehearsals;

/// <summary>Puts a conversation's system prompt in the place of the one that a CLI was initialized with. Plain logic, no state.</summary>
internal static class RehearsedPrompt
{
    /// <exception cref="RehearsalException">The prompt is not the last part of the request's <c>system</c>, as it was told.</exception>
    public static void Write(JsonObjectEdit body, string told, string wanted)
    {
        var parts = body.Find("system") is { } system ? JsonArrayEdit.Read(system) : [];
        if (parts is not [.., var last] || WrittenMessage.TextOf(last) != told)
        {
            throw new RehearsalException("the system prompt is not the one that the process was told");
        }

        var part = JsonObjectEdit.Parse(last);
        part.Set("text", BodyJson.Write(wanted));
        parts[^1] = part.ToBytes();
        body.Set("system", JsonArrayEdit.Write(parts));
    }
}
