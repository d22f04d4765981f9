namespace Pilotlight.Core.Storage;

/// <summary>Makes the store ready before the first request: creates or migrates it.</summary>
public interface IStorageInitializer
{
    /// <summary>Creates or migrates.</summary>
    /// <exception cref="StorageUnavailableException">It cannot be reached or written.</exception>
    Task InitializeAsync(CancellationToken cancellationToken);
}

/// <summary>The store cannot be used; the message says why and what to do.</summary>
public sealed class StorageUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
