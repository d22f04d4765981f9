using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Pilotlight.Processes.Containment;

/// <summary>
/// A job object that ends everything in it when its last handle closes, which Windows does at our end however we end. What a
/// child starts is in its job. Compiled, and not tested, on Windows; a child that starts another in the moment before it is put
/// into the job would leave that one outside.
/// </summary>
internal sealed partial class WindowsContainment : IContainment
{
    private const int ExtendedLimitInformation = 9;
    private const uint KillOnJobClose = 0x2000;

    private readonly Lazy<SafeFileHandle?> _job = new(CreateJob);

    public void Prepare(ProcessStartInfo start, string cookie)
    {
        _ = _job.Value; // Before there is a child that it cannot take.
        start.Environment[OwnerCookie.WorkerVariable] = cookie;
    }

    public void Adopt(Process process)
    {
        if (_job.Value is { } job)
        {
            _ = AssignProcessToJobObject(job, process.SafeHandle);
        }
    }

    public void Terminate(int processId) => Kill(processId);

    public void Kill(int processId) => ProcessTree.Kill(processId);

    public Task<int> KillRestAsync(int processId, string cookie) => Task.FromResult(0);

    public Task<int> KillMarkedAsync(string cookie) => Task.FromResult(0);

    public void Suspend(int processId)
    {
    }

    public void Resume(int processId)
    {
    }

    public long? MemoryOf(int processId) => ProcessTree.WorkingSet(processId);

    public long? OwnMemoryOf(int processId) => null;

    public int Sweep() => 0;

    public void Dispose()
    {
        if (_job.IsValueCreated)
        {
            _job.Value?.Dispose();
        }
    }

    private static SafeFileHandle? CreateJob()
    {
        if (!OperatingSystem.IsWindows())
        {
            return null;
        }

        var job = CreateJobObjectW(0, null);
        var limits = new JobLimits { LimitFlags = KillOnJobClose };
        if (job.IsInvalid
            || !SetInformationJobObject(job, ExtendedLimitInformation, ref limits, (uint)Marshal.SizeOf<JobLimits>()))
        {
            throw new Win32Exception(
                Marshal.GetLastPInvokeError(), "No job object could be made, without which children may outlive this process.");
        }

        return job;
    }

    [SupportedOSPlatform("windows")]
    [LibraryImport("kernel32.dll", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateJobObjectW(nint attributes, string? name);

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetInformationJobObject(SafeFileHandle job, int kind, ref JobLimits information, uint length);

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool AssignProcessToJobObject(SafeFileHandle job, SafeProcessHandle process);

    // JOBOBJECT_EXTENDED_LIMIT_INFORMATION
    [StructLayout(LayoutKind.Sequential)]
    private struct JobLimits
    {
        public long PerProcessUserTimeLimit;
        public long PerJobUserTimeLimit;
        public uint LimitFlags;
        public nuint MinimumWorkingSetSize;
        public nuint MaximumWorkingSetSize;
        public uint ActiveProcessLimit;
        public nuint Affinity;
        public uint PriorityClass;
        public uint SchedulingClass;
        public ulong ReadOperationCount;
        public ulong WriteOperationCount;
        public ulong OtherOperationCount;
        public ulong ReadTransferCount;
        public ulong WriteTransferCount;
        public ulong OtherTransferCount;
        public nuint ProcessMemoryLimit;
        public nuint JobMemoryLimit;
        public nuint PeakProcessMemoryUsed;
        public nuint PeakJobMemoryUsed;
    }
}
