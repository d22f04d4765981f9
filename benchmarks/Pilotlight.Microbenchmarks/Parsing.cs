using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Pilotlight.Claude.Protocol;

namespace Pilotlight.Microbenchmarks;

/// <summary>Bytes of the CLI in, messages out; <c>turn.jsonl</c> is a recorded turn of 40 words.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class Parsing
{
    private static readonly byte[] s_turn = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "turn.jsonl"));
    private static readonly ReadOnlySequence<byte>[] s_lines = Split(s_turn);
    private static readonly ReadOnlySequence<byte> s_delta = Array.Find(s_lines, line => CliMessageParser.Parse(line) is CliDelta);

    /// <summary>What one benchmark reads, for the rate.</summary>
    public static IReadOnlyDictionary<string, long> Bytes { get; } = new Dictionary<string, long>
    {
        [nameof(DeltaLine)] = s_delta.Length,
        [nameof(DeltaLineByDocument)] = s_delta.Length,
        [nameof(WholeTurn)] = s_turn.Length,
        [nameof(WholeTurnThroughConnection)] = s_turn.Length,
    };

    [Benchmark(Description = "a delta line")]
    public object DeltaLine() => CliMessageParser.Parse(s_delta);

    /// <summary>What one would write first.</summary>
    [Benchmark(Description = "the same by JsonDocument")]
    public string? DeltaLineByDocument()
    {
        using var document = JsonDocument.Parse(s_delta);
        return document.RootElement.GetProperty("event").GetProperty("delta").GetProperty("text").GetString();
    }

    [Benchmark(Description = "the lines of a turn")]
    public int WholeTurn()
    {
        var known = 0;
        foreach (var line in s_lines)
        {
            known += CliMessageParser.Parse(line) is CliUnknown ? 0 : 1;
        }

        return known;
    }

    [Benchmark(Description = "a turn through pipe and connection")]
    public async Task<object> WholeTurnThroughConnection()
    {
        var pipe = new Pipe();
        await using var connection = new CliConnection(pipe.Reader, PipeWriter.Create(Stream.Null), TimeProvider.System);
        await pipe.Writer.WriteAsync(s_turn);
        CliMessage message;
        do
        {
            message = await connection.Messages.ReadAsync();
        }
        while (message is not CliResult);

        return message;
    }

    private static ReadOnlySequence<byte>[] Split(byte[] bytes)
    {
        var lines = new List<ReadOnlySequence<byte>>();
        for (var start = 0; start < bytes.Length;)
        {
            var end = Array.IndexOf(bytes, (byte)'\n', start);
            lines.Add(new ReadOnlySequence<byte>(bytes, start, end - start));
            start = end + 1;
        }

        return [.. lines];
    }
}
