using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Compatible;

/// <summary>Whose a call is, and what they call its conversation.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Name">Their own name for the conversation; null for none.</param>
internal sealed record CallOwner(Caller Caller, string? Name)
{
    /// <summary>The mark by which the process that holds these messages is found again.</summary>
    public string Fingerprint(CompatibleRequest request, IEnumerable<CompatibleMessage> messages) => Name is null
        ? HistoryFingerprint.Exact(Caller.KeyId, request, messages)
        : HistoryFingerprint.Named(Caller.KeyId, Name, request, messages);
}
