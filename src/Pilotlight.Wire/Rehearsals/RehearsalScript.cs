using System.Security.Cryptography;
using System.Text;

namespace Pilotlight.Wire.Rehearsals;

/// <summary>The two messages of a rehearsal, with a mark in each that nobody else can have written.</summary>
internal sealed class RehearsalScript
{
    private readonly byte[] _mark;

    private RehearsalScript(string mark)
    {
        (Prompt, Answer, _mark) = ($"Rehearsal {mark}: say that you are ready.", $"Ready, {mark}.", Encoding.ASCII.GetBytes(mark));
    }

    /// <summary>What the CLI is asked.</summary>
    public string Prompt { get; }

    /// <summary>What it is answered.</summary>
    public string Answer { get; }

    public static RehearsalScript Create() => new(RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>Whether anything of the rehearsal is in a body, wherever it stands.</summary>
    public bool IsIn(ReadOnlySpan<byte> body) => body.IndexOf(_mark) >= 0;
}
