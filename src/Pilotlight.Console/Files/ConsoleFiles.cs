using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pilotlight.Core.Access;
using Pilotlight.Core.InProcess;
using Pilotlight.Gateway.Access;
using Pilotlight.Gateway.Native;
using Pilotlight.WebConsole.SignIn;

namespace Pilotlight.WebConsole.Files;

/// <summary>Files out of threads for the console's pages, which have a sign-in and no key to show the API.</summary>
internal static class ConsoleFiles
{
    private const string Reason = "The console lets in who has signed in.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/t/{threadId}").ExcludeFromDescription().AllowWithoutKey(Reason).WithMetadata(new ConsolePage());
        group.MapGet("/attachments/{attachmentId}", (string threadId, string attachmentId, HttpContext http, LocalGateway gateway) =>
            ThreadFiles.WriteAttachmentAsync(http, gateway, CallerOf(http), threadId, attachmentId));
        group.MapGet("/files/{**path}", (string threadId, string path, HttpContext http, LocalFiles files) =>
            ThreadFiles.WriteFileAsync(http, files, CallerOf(http), threadId, path));
        group.MapGet("/export/{format}", (string threadId, string format, HttpContext http, LocalGateway gateway) =>
            ThreadFiles.WriteExportAsync(http, gateway, CallerOf(http), threadId, format));
    }

    public static string WorkspacePath(string threadId, string path) => $"t/{threadId}/files/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}";

    public static string AttachmentPath(string threadId, string attachmentId) => $"t/{threadId}/attachments/{attachmentId}";

    public static string ExportPath(string threadId, string format) => $"t/{threadId}/export/{format}";

    // The stage before has let in nobody else.
    private static Caller CallerOf(HttpContext http) => http.Features.Get<Caller>() ?? Caller.Local;
}
