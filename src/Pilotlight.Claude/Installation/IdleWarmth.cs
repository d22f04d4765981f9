using System.Buffers;
using System.Text;

namespace Pilotlight.Claude.Installation;

/// <summary>
/// The collections that the CLI's run time makes in silence, after 10 s, 2 min and 10 min by default: the second throws away compiled
/// code, and the next turn is twice as slow. What was measured: docs/decisions/0011-idle-processes-stay-warm.md.
/// </summary>
/// <remarks>The variable is undocumented: a binary that does not know it any more goes back to the default in silence.</remarks>
public static class IdleWarmth
{
    internal const string Variable = "BUN_IDLE_GC_SECONDS";

    /// <summary>The first collection gives back what a turn left, and costs the next one nothing.</summary>
    internal const string FirstOnly = "10";

    private const int BlockBytes = 1024 * 1024;

    /// <summary>Whether the binary still knows the variable that <see cref="ClaudeOptions.CoolWhenIdle"/> rests on. Reads the file through, some hundred MiB.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static async Task<bool> IsKnownToAsync(string binary, CancellationToken cancellationToken = default)
    {
        var name = Encoding.ASCII.GetBytes(Variable);
        var block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        try
        {
            await using var file = File.OpenRead(binary);
            for (int kept = 0, read; (read = await file.ReadAsync(block.AsMemory(kept), cancellationToken)) > 0;)
            {
                var filled = kept + read;
                if (block.AsSpan(0, filled).IndexOf(name) >= 0)
                {
                    return true;
                }

                // The name may lie across two blocks.
                kept = Math.Min(filled, name.Length - 1);
                block.AsSpan(filled - kept, kept).CopyTo(block);
            }

            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
