namespace Pilotlight.Simulator;

/// <summary>What the simulator told a client that one answer used. Immutable.</summary>
/// <param name="Model">The model that was asked for.</param>
/// <param name="InputTokens">Input tokens, those of the cache left out.</param>
/// <param name="CacheReadTokens">Input tokens read from the cache.</param>
/// <param name="CacheWriteTokens">Input tokens written to the cache.</param>
/// <param name="OutputTokens">Output tokens; of an answer that was cut, what its beginning told.</param>
/// <param name="IsWhole">Whether the answer came to its end.</param>
public sealed record ToldUsage(string? Model, int InputTokens, int CacheReadTokens, int CacheWriteTokens, int OutputTokens, bool IsWhole);
