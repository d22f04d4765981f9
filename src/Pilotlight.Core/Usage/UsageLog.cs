using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Pilotlight.Claude.Turns;
using Pilotlight.Core.Access;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Usage;

/// <summary>A file beside the server with what its running turns have used: a server that is killed between two writes to its store forgets no token.</summary>
/// <remarks>
/// A write reaches the operating system's cache in microseconds and outlives a kill of this process. A power cut it may not outlive:
/// then what the store was told counts. Without a folder nothing is kept. Safe for concurrent use.
/// </remarks>
internal sealed class UsageLog(IOptions<ServerOptions> server) : IDisposable
{
    // Then what has ended is left out, and the file begins anew.
    private const long LongestBytes = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, byte[]> _running = new(StringComparer.Ordinal);
    private FileStream? _file;

    private string? File => server.Value.Folder is { } folder ? Path.Combine(folder, "usage.log") : null;

    /// <summary>What turns had used that were running when an earlier server ended, by their reservations; the last word on each.</summary>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public IReadOnlyDictionary<string, Bill> ReadEarlier()
    {
        var bills = new Dictionary<string, Bill>(StringComparer.Ordinal);
        if (File is not { } file || !System.IO.File.Exists(file))
        {
            return bills;
        }

        foreach (var line in System.IO.File.ReadLines(file))
        {
            try
            {
                if (JsonSerializer.Deserialize(line, UsageLogContext.Default.LoggedUsage) is { } logged)
                {
                    bills[logged.Reservation] = new Bill(logged.Model, logged.Usage, logged.CostUsd);
                }
            }
            catch (JsonException)
            {
                // The kill came in the middle of a line; the one before it counts.
            }
        }

        return bills;
    }

    /// <summary>Begins anew, since what an earlier server left is booked.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Begin()
    {
        if (File is { } file)
        {
            lock (_gate)
            {
                _file?.Dispose();
                _file = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            }
        }
    }

    /// <summary>Keeps what a turn has used so far.</summary>
    public void Keep(string reservation, Bill used)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(new LoggedUsage(reservation, used.Model, used.Usage, used.CostUsd), UsageLogContext.Default.LoggedUsage), (byte)'\n'];
        lock (_gate)
        {
            if (_file is not null)
            {
                _running[reservation] = line;
                Write(line);
            }
        }
    }

    /// <summary>A turn is booked: what it used is in the store.</summary>
    public void Forget(string reservation)
    {
        lock (_gate)
        {
            if (_running.Remove(reservation) && (_running.Count == 0 || _file?.Length > LongestBytes))
            {
                Shorten();
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _file?.Dispose();
            _file = null;
        }
    }

    // A disk that is full keeps no turn from going on; the store is told as well.
    private void Write(byte[] line)
    {
        try
        {
            _file!.Write(line);
        }
        catch (IOException)
        {
        }
    }

    private void Shorten()
    {
        try
        {
            _file?.SetLength(0);
        }
        catch (IOException)
        {
            return;
        }

        foreach (var line in _running.Values)
        {
            Write(line);
        }
    }
}

internal sealed record LoggedUsage(string Reservation, string Model, TurnUsage Usage, decimal? CostUsd);

[JsonSerializable(typeof(LoggedUsage))]
internal sealed partial class UsageLogContext : JsonSerializerContext;
