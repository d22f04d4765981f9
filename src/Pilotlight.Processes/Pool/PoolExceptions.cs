namespace Pilotlight.Processes;

/// <summary>No process could be had in time: the pool is full and so is the wait for it, or the wait was too long.</summary>
public sealed class PoolRejectedException(string message) : Exception(message);

/// <summary>The pool is being stopped, or was.</summary>
public sealed class PoolStoppedException() : Exception("The process pool has been stopped; it hands out no more processes.");
