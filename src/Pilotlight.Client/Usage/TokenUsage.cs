namespace Pilotlight.Client.Usage;

/// <summary>Tokens of a turn.</summary>
/// <param name="InputTokens">Sent anew.</param>
/// <param name="OutputTokens">Answered.</param>
/// <param name="CacheReadTokens">Sent, and read from the API's cache.</param>
/// <param name="CacheWriteTokens">Sent, and written to the API's cache.</param>
public sealed record TokenUsage(long InputTokens, long OutputTokens, long CacheReadTokens, long CacheWriteTokens);
