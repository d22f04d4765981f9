using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pilotlight.Core.Access;

namespace Pilotlight.Core.Threads;

/// <summary>The forms a thread can be taken away in.</summary>
public enum ExportFormat
{
    /// <summary>For people.</summary>
    Markdown,

    /// <summary>For programs: the thread and its messages as the API shows them.</summary>
    Json,
}

/// <summary>Writes whole threads, page by page, so that a long one takes no more memory than a short one. Safe for concurrent use.</summary>
internal sealed class ThreadExports(ThreadService threads)
{
    private const int Page = 200;

    /// <summary>Writes a thread that its caller may see.</summary>
    public Task WriteAsync(Caller caller, ChatThread thread, ExportFormat format, Stream output, CancellationToken cancellationToken) =>
        format == ExportFormat.Markdown ? WriteMarkdownAsync(caller, thread, output, cancellationToken) : WriteJsonAsync(caller, thread, output, cancellationToken);

    private async Task WriteMarkdownAsync(Caller caller, ChatThread thread, Stream output, CancellationToken cancellationToken)
    {
        await using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true);
        await writer.WriteAsync($"# {OneLine(thread.Title ?? "Untitled")}\n\n{Time(thread.CreatedAt)}{(thread.Model is { } model ? $", {OneLine(model)}" : "")}\n");
        if (thread.SystemPrompt is { Length: > 0 } prompt)
        {
            await writer.WriteAsync($"\n> {prompt.ReplaceLineEndings("\n> ")}\n");
        }

        await foreach (var message in MessagesAsync(caller, thread.Id, cancellationToken))
        {
            var status = message.Status == "complete" ? "" : $", {message.Status}";
            await writer.WriteAsync($"\n## {(message.Role == "user" ? "You" : message.Model ?? "Answer")}, {Time(message.CreatedAt)}{status}\n\n{message.Text.TrimEnd()}\n");
            foreach (var attachment in message.Attachments ?? [])
            {
                await writer.WriteAsync($"\n- {OneLine(attachment.Name ?? attachment.Id)} ({attachment.MediaType}, {attachment.Size.ToString("N0", CultureInfo.InvariantCulture)} bytes)\n");
            }
        }
    }

    private async Task WriteJsonAsync(Caller caller, ChatThread thread, Stream output, CancellationToken cancellationToken)
    {
        // The serializer flushes its writer on the spot, which a response does not take.
        var pipe = PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true));
        using var writer = new Utf8JsonWriter(pipe, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, Indented = true });
        writer.WriteStartObject();
        writer.WritePropertyName("thread");
        JsonSerializer.Serialize(writer, thread, ExportJson.Default.ChatThread);
        writer.WriteStartArray("messages");
        await foreach (var message in MessagesAsync(caller, thread.Id, cancellationToken))
        {
            JsonSerializer.Serialize(writer, message, ExportJson.Default.StoredMessage);
            await pipe.FlushAsync(cancellationToken);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        await pipe.CompleteAsync();
    }

    private async IAsyncEnumerable<StoredMessage> MessagesAsync(
        Caller caller, string threadId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await threads.ListMessagesAsync(caller, threadId, cursor, Page, cancellationToken);
            foreach (var message in page.Items)
            {
                yield return message;
            }

            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ChatThread))]
[JsonSerializable(typeof(StoredMessage))]
internal sealed partial class ExportJson : JsonSerializerContext;
