namespace Pilotlight.Wire.Rehearsals;

/// <summary>A request of a rehearsed process is not as it has to be; the message says where, and holds nothing of the conversation.</summary>
internal sealed class RehearsalException(string message) : Exception(message);
