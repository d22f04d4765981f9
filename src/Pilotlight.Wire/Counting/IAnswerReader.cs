namespace Pilotlight.Wire.Counting;

/// <summary>Reads along in an answer's bytes.</summary>
internal interface IAnswerReader
{
    /// <summary>Takes the next piece; returns whether usage or the first text came with it.</summary>
    bool Read(ReadOnlySpan<byte> piece, AnswerFacts facts);

    /// <summary>Told when all has come.</summary>
    void End(AnswerFacts facts);
}
