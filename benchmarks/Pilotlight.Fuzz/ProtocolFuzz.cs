using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Tests.Protocol;
using Pilotlight.Claude.Sessions;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Fuzz;

/// <summary>Broken and overlong lines through the code that reads a live CLI: no crash, no hang, memory that does not grow.</summary>
internal static class ProtocolFuzz
{
    private const int PerConnection = 10_000;
    private static readonly TimeSpan NoProgress = TimeSpan.FromSeconds(60);

    public static async Task<bool> MutatedLinesAsync(int count, int seed)
    {
        var lines = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Transcripts"), "*.jsonl")
            .SelectMany(File.ReadAllLines).Select(Encoding.UTF8.GetBytes).ToArray();
        var mutator = new LineMutator(lines, seed);
        var startedAt = Stopwatch.GetTimestamp();
        long bytes = 0, messages = 0, events = 0, before = 0, peak = 0;
        for (var done = 0; done < count; done += PerConnection)
        {
            var pipe = new Pipe();
            await using var connection = new CliConnection(pipe.Reader, PipeWriter.Create(Stream.Null), TimeProvider.System);
            var reading = ReadAsync(connection);
            for (var line = 0; line < Math.Min(PerConnection, count - done); line++)
            {
                var broken = mutator.Next();
                bytes += broken.Length + 1;
                var writing = pipe.Writer.WriteAsync((byte[])[.. broken, (byte)'\n']).AsTask();
                if (await Task.WhenAny(writing, reading).WaitAsync(NoProgress) == reading)
                {
                    await reading; // It ends before its input does only by a fault.
                }
            }

            await pipe.Writer.CompleteAsync();
            var (read, told) = await reading.WaitAsync(NoProgress);
            (messages, events) = (messages + read, events + told);
            var held = GC.GetTotalMemory(forceFullCollection: true);
            before = before == 0 ? held : before;
            peak = Math.Max(peak, held);
        }

        var took = Stopwatch.GetElapsedTime(startedAt);
        var bounded = peak - before < 16 * 1024 * 1024;
        Console.WriteLine(
            $"{count:N0} lines of {lines.Length} recorded ones, {bytes / 1024 / 1024:N0} MiB, in {took.TotalSeconds:N0} s: {messages:N0} read as messages, {events:N0} events; "
            + $"memory held after {PerConnection:N0} lines {before / 1024:N0} KiB, at most {peak / 1024:N0} KiB{(bounded ? "" : ": IT GROWS")}");
        return bounded;
    }

    public static async Task<bool> LongLinesAsync()
    {
        var good = true;
        foreach (var mebibytes in new[] { 1, 8, 32, 63 })
        {
            var text = new string('x', mebibytes * 1024 * 1024);
            var startedAt = Stopwatch.GetTimestamp();
            var message = await LastAsync(Encoding.UTF8.GetBytes(
                "{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"model\":\"x\",\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}}\n"));
            var whole = message is CliAssistant assistant && assistant.Text.Length == text.Length;
            good &= whole;
            Console.WriteLine($"a line of {mebibytes} MiB: {(whole ? "read whole" : "NOT READ")} in {Stopwatch.GetElapsedTime(startedAt).TotalMilliseconds:N0} ms, "
                + $"{GC.GetTotalMemory(forceFullCollection: true) / 1024:N0} KiB held after");
        }

        // One that never ends is given up at the limit, and the memory with it.
        var endless = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await using var connection = new CliConnection(endless.Reader, PipeWriter.Create(Stream.Null), TimeProvider.System);
        var block = new byte[1024 * 1024];
        Array.Fill(block, (byte)'x');
        var written = 0;
        while (!connection.Messages.Completion.IsCompleted && written < 256)
        {
            await endless.Writer.WriteAsync(block);
            written++;
            await Task.Yield();
        }

        var refused = await Task.WhenAny(connection.Messages.Completion, Task.Delay(NoProgress)) == connection.Messages.Completion
            && connection.Messages.Completion.Exception?.InnerException is InvalidDataException;
        Console.WriteLine($"a line without an end: {(refused ? "refused" : "NOT REFUSED")} after at most {written} MiB");
        return good && refused;
    }

    private static async Task<(long Messages, long Events)> ReadAsync(CliConnection connection)
    {
        long messages = 0, events = 0;
        var reader = new TurnReader(CliTotals.None);
        await foreach (var message in connection.Messages.ReadAllAsync())
        {
            messages++;
            if (message is CliResult result)
            {
                _ = reader.Complete(result, null, TimeSpan.Zero);
                _ = TurnErrors.FromResult(result, reader.LastRetry);
                reader = new TurnReader(reader.After);
                continue;
            }

            events += reader.Read(message).Count();
        }

        return (messages, events);
    }

    private static async Task<CliMessage?> LastAsync(byte[] output)
    {
        CliMessage? last = null;

        // The buffer that a child's output is read with.
        var input = PipeReader.Create(new MemoryStream(output), new StreamPipeReaderOptions(bufferSize: 16 * 1024));
        await using var connection = new CliConnection(input, PipeWriter.Create(Stream.Null), TimeProvider.System);
        await foreach (var message in connection.Messages.ReadAllAsync())
        {
            last = message;
        }

        return last;
    }
}
