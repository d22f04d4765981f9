namespace Pilotlight.Processes.Containment;

/// <summary>What was asked for cannot be had on this machine, or not any more.</summary>
internal sealed class ContainmentException(string message) : Exception(message);
