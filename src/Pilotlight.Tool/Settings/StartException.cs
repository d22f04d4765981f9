namespace Pilotlight.Tool.Settings;

/// <summary>The program cannot start; the message is for the person who started it, and all they need.</summary>
internal sealed class StartException(string message, Exception? innerException = null) : Exception(message, innerException);
