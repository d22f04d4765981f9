namespace Pilotlight.Client.Turns;

/// <summary>Something to say in a thread.</summary>
/// <param name="Text">What the user says.</param>
public sealed record NewTurn(string Text)
{
    /// <summary>
    /// Makes a repetition safe: the same key with the same text and files joins the first one's turn. Default: one of its own, so that a broken
    /// connection never asks twice; give one to be safe across a restart of your program too. At most 200 characters.
    /// </summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>Files that the message brings: images (PNG, JPEG, GIF, WebP), PDF and text. Default: none.</summary>
    public IReadOnlyList<NewAttachment> Attachments { get; init; } = [];
}

/// <summary>A file to attach to a message.</summary>
/// <param name="MediaType">What it is, <c>image/png</c> for instance; must agree with its bytes.</param>
/// <param name="Data">Its bytes; by default the gateway takes 10 MiB.</param>
/// <param name="Name">What people call it; at most 255 characters. Null for no name.</param>
public sealed record NewAttachment(string MediaType, ReadOnlyMemory<byte> Data, string? Name = null)
{
    /// <summary>The id of a file that was sent before, <c>att_…</c>; null for one that comes with its bytes.</summary>
    public string? FileId { get; private init; }

    /// <summary>A file that a message of any of the caller's threads has brought: it is sent again without its bytes.</summary>
    /// <param name="fileId">Its id, as messages list it.</param>
    public static NewAttachment Again(string fileId)
    {
        ArgumentException.ThrowIfNullOrEmpty(fileId);
        return new NewAttachment("", default) { FileId = fileId };
    }
}
