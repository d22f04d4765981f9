using System.Diagnostics;

namespace Pilotlight.Processes.Containment;

/// <summary>Keeps children, and what they start, from outliving their owner: one implementation an operating system.</summary>
internal interface IContainment : IDisposable
{
    /// <summary>Changes a start so that the child can be reached later, and marks it as <paramref name="cookie"/>'s.</summary>
    void Prepare(ProcessStartInfo start, string cookie);

    /// <summary>Asks the child and its group to end.</summary>
    void Terminate(int processId);

    /// <summary>Ends the child and its group.</summary>
    void Kill(int processId);

    /// <summary>After a child's end: ends what is left of its group and whatever else carries its cookie.</summary>
    void KillRest(int processId, string cookie);

    /// <summary>Ends what earlier owners left behind; returns how many processes that were.</summary>
    int Sweep();
}
