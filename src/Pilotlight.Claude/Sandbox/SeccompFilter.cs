using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Pilotlight.Claude.Sandbox;

/// <summary>The kernel's calls that nothing behind walls may make, as the program that the kernel runs before each of them.</summary>
/// <remarks>
/// Walls are made of namespaces; these calls make new ones, look into other processes, or reach parts of the kernel that have none.
/// Numbers: <c>arch/x86/entry/syscalls/syscall_64.tbl</c> and <c>include/uapi/asm-generic/unistd.h</c> of Linux.
/// </remarks>
internal static class SeccompFilter
{
    private const uint Allow = 0x7fff0000;
    private const uint Kill = 0x80000000;
    private const uint Refuse = 0x00050000;
    private const uint NotPermitted = 1;
    private const uint NoSuchCall = 38;
    private const uint NoSuchFamily = 97;

    // New namespaces of any kind but a user's: that one alone gives rights over nothing, and root's own walls end with making it.
    private const uint NewUser = 0x10000000;
    private const uint NewNamespaces = 0x02000000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000 | 0x00020000;

    // AF_UNIX, AF_INET, AF_INET6 and AF_NETLINK, which namespaces hold. Others, AF_VSOCK for one, reach past them.
    private static readonly uint[] SocketFamilies = [1, 2, 10, 16];

    /// <summary>Whether there is one for this machine's processor.</summary>
    public static bool IsSupported => RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>The program for this machine's processor, as <c>struct sock_filter</c> in a row.</summary>
    public static byte[] Create() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => Create(X64),
        Architecture.Arm64 => Create(Arm64),
        var other => throw new PlatformNotSupportedException($"There is no filter of kernel calls for {other}."),
    };

    private static readonly Calls X64 = new(
        0xC000003E, Fork: 56, Unshare: 272, Socket: 41,
        Refused:
        [
            101, 310, 311, 312, 438, // ptrace, process_vm_readv, process_vm_writev, kcmp, pidfd_getfd
            165, 166, 155, 161, 308, 428, 429, 430, 431, 432, 433, 442, 457, 458, 467, // mount, umount2, pivot_root, chroot, setns, and the newer calls that mount
            303, 304, 298, 321, 323, // name_to_handle_at, open_by_handle_at, perf_event_open, bpf, userfaultfd
            248, 249, 250, // add_key, request_key, keyctl
            246, 320, 175, 313, 176, 169, 167, 168, 163, 103, // kexec, modules, reboot, swap, acct, syslog
            170, 171, 172, 173, 179, 443, 164, 227, 159, 305, // names, ports, quotas, clocks
        ],
        Unknown: [435, 425, 426, 427]); // clone3, whose flags cannot be read, and io_uring, which makes calls unseen: libraries fall back.

    private static readonly Calls Arm64 = new(
        0xC00000B7, Fork: 220, Unshare: 97, Socket: 198,
        Refused:
        [
            117, 270, 271, 272, 438,
            40, 39, 41, 51, 268, 428, 429, 430, 431, 432, 433, 442, 457, 458, 467,
            264, 265, 241, 280, 282,
            217, 218, 219,
            104, 294, 105, 273, 106, 142, 224, 225, 89, 116,
            161, 162, 60, 443, 170, 112, 171, 266,
        ],
        Unknown: [435, 425, 426, 427]);

    private static byte[] Create(Calls calls)
    {
        var program = new Program();
        program.Load(4).Unless(calls.Architecture, Kill);
        program.Load(0).If(0x35, 0x40000000, Refuse | NotPermitted); // The same processor's other ABI (x32), whose numbers are others.
        foreach (var call in calls.Refused)
        {
            program.If(0x15, call, Refuse | NotPermitted);
        }

        foreach (var call in calls.Unknown)
        {
            program.If(0x15, call, Refuse | NoSuchCall);
        }

        program.When(calls.Fork, then => then.Load(16).If(0x45, NewNamespaces, Refuse | NotPermitted).Return(Allow));
        program.When(calls.Unshare, then => then.Load(16).Unless(NewUser, Refuse | NotPermitted).Return(Allow));
        program.When(calls.Socket, then =>
        {
            then.Load(16);
            foreach (var family in SocketFamilies)
            {
                then.If(0x15, family, Allow);
            }

            then.Return(Refuse | NoSuchFamily);
        });
        return program.Return(Allow).ToBytes();
    }

    private sealed record Calls(uint Architecture, uint Fork, uint Unshare, uint Socket, uint[] Refused, uint[] Unknown);

    private sealed class Program
    {
        private readonly List<byte[]> _instructions = [];

        /// <summary>Takes a word of <c>struct seccomp_data</c>: 0 the call, 4 the architecture, 16 the first argument.</summary>
        public Program Load(uint offset) => Add(0x20, 0, 0, offset);

        public Program Return(uint answer) => Add(0x06, 0, 0, answer);

        /// <summary>Answers when the word compares with the value: 0x15 equal, 0x35 not less, 0x45 any bit in common.</summary>
        public Program If(ushort comparison, uint value, uint answer) => Add(comparison, 0, 1, value).Return(answer);

        public Program Unless(uint value, uint answer) => Add(0x15, 1, 0, value).Return(answer);

        /// <summary>For one call, what must end with an answer.</summary>
        public void When(uint call, Action<Program> then)
        {
            var branch = new Program();
            then(branch);
            Add(0x15, 0, (byte)branch._instructions.Count, call);
            _instructions.AddRange(branch._instructions);
        }

        public byte[] ToBytes() => [.. _instructions.SelectMany(one => one)];

        private Program Add(ushort code, byte ifTrue, byte ifFalse, uint operand)
        {
            var instruction = new byte[8];
            BinaryPrimitives.WriteUInt16LittleEndian(instruction, code);
            (instruction[2], instruction[3]) = (ifTrue, ifFalse);
            BinaryPrimitives.WriteUInt32LittleEndian(instruction.AsSpan(4), operand);
            _instructions.Add(instruction);
            return this;
        }
    }
}
