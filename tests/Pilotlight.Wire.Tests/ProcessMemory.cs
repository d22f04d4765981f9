using System.Globalization;

namespace Pilotlight.Wire.Tests;

/// <summary>Looks for bytes in all the memory that another process can write to.</summary>
internal static class ProcessMemory
{
    public static bool Contains(int processId, byte[] wanted)
    {
        using var memory = File.OpenRead($"/proc/{processId}/mem");
        var buffer = new byte[8 * 1024 * 1024];
        foreach (var line in File.ReadAllLines($"/proc/{processId}/maps").Where(line => line.Split(' ')[1].StartsWith("rw", StringComparison.Ordinal)))
        {
            var bounds = line.Split(' ')[0].Split('-').Select(bound => long.Parse(bound, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            if (Search(memory, bounds[0], bounds[1], wanted, buffer))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Search(FileStream memory, long from, long to, byte[] wanted, byte[] buffer)
    {
        try
        {
            // Pieces overlap, so that nothing is missed at a border.
            for (var at = from; at < to; at += buffer.Length - wanted.Length)
            {
                var count = RandomAccess.Read(memory.SafeFileHandle, buffer.AsSpan(0, (int)Math.Min(buffer.Length, to - at)), at);
                if (buffer.AsSpan(0, count).IndexOf(wanted) >= 0)
                {
                    return true;
                }

                if (count == 0)
                {
                    break;
                }
            }
        }
        catch (IOException)
        {
            // A region that nobody has touched, or that is gone.
        }

        return false;
    }
}
