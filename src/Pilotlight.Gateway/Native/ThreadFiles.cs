using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Pilotlight.Core.Access;
using Pilotlight.Core.InProcess;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Threads;

namespace Pilotlight.Gateway.Native;

/// <summary>Writes what is taken out of a thread as a file, with headers that keep a browser from running any of it.</summary>
public static class ThreadFiles
{
    internal const string Markdown = "text/markdown; charset=utf-8";

    /// <summary>A file that a message brings.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, or no such attachment in it.</exception>
    public static async Task WriteAttachmentAsync(HttpContext http, LocalGateway gateway, Caller caller, string threadId, string attachmentId)
    {
        var (attachment, data) = await gateway.ReadAttachmentAsync(caller, threadId, attachmentId, http.RequestAborted);
        Begin(http, attachment.MediaType == MediaTypeNames.Text.Plain ? "text/plain; charset=utf-8" : attachment.MediaType, attachment.Name ?? attachment.Id);
        http.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        http.Response.ContentLength = data.Length;
        await http.Response.Body.WriteAsync(data, http.RequestAborted);
    }

    /// <summary>A file of a thread's workspace. Never shown in place: what an agent wrote would run as a page of this server's.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, or no such file.</exception>
    public static async Task WriteFileAsync(HttpContext http, LocalFiles files, Caller caller, string threadId, string path)
    {
        await using var file = await files.OpenAsync(caller, threadId, path, http.RequestAborted);
        Begin(http, MediaTypeNames.Application.Octet, Path.GetFileName(path));
        http.Response.Headers.CacheControl = "no-store";
        await file.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    /// <summary>The whole thread.</summary>
    /// <exception cref="ProblemException">There is no such thread for this caller, or no such format.</exception>
    public static async Task WriteExportAsync(HttpContext http, LocalGateway gateway, Caller caller, string threadId, string? format)
    {
        var form = format?.ToLowerInvariant() switch
        {
            null or "markdown" or "md" => ExportFormat.Markdown,
            "json" => ExportFormat.Json,
            _ => throw RequestProblems.Parameter("format", $"format is '{format[..Math.Min(format.Length, 40)]}'; it must be markdown or json."),
        };
        var thread = await gateway.GetThreadAsync(caller, threadId, http.RequestAborted);
        var name = (thread.Title ?? thread.Id) is var title && title.Length > 80 ? title[..80] : title;
        Begin(http, form == ExportFormat.Markdown ? Markdown : "application/json; charset=utf-8", name + (form == ExportFormat.Markdown ? ".md" : ".json"));
        await gateway.ExportThreadAsync(caller, thread, form, http.Response.Body, http.RequestAborted);
    }

    private static void Begin(HttpContext http, string type, string name)
    {
        var headers = http.Response.Headers;
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(string.Concat(name.Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) || letter is '/' or '\\' or '"' ? '_' : letter)));
        headers.ContentDisposition = disposition.ToString();
        headers.ContentType = type;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
    }
}
