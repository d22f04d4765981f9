using System.Diagnostics;
using System.Text.Json;
using Pilotlight.Core.Problems;
using Pilotlight.Core.Prompts;
using Pilotlight.Gateway.Anthropic;
using Pilotlight.Gateway.Compatible;
using Pilotlight.Gateway.Direct;
using Pilotlight.Gateway.Http;
using Pilotlight.Gateway.OpenAi;
using Pilotlight.Gateway.Responses;

namespace Pilotlight.Gateway.Tests.Compatible;

/// <summary>What came of reading broken bodies.</summary>
/// <param name="Served">How many could be served.</param>
/// <param name="Refused">How many were refused, as somebody's own fault.</param>
/// <param name="Slowest">The longest that one took.</param>
/// <param name="Faults">Those that would have been a 500, with what happened.</param>
internal sealed record FuzzResult(int Served, int Refused, TimeSpan Slowest, IReadOnlyList<string> Faults);

/// <summary>Broken bodies through all that is done with one before a process is taken.</summary>
internal static class BodyFuzz
{
    private const int MostFaults = 20;

    /// <summary>What was recorded of the clients in <c>tests/clients</c>.</summary>
    public static IReadOnlyList<ClientBody> Recorded(string folder) =>
    [
        .. Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal)
            .Select(path => new ClientBody(File.ReadAllBytes(path), DoorOf(path))),
    ];

    /// <summary>Whom a recorded body was for: its file is named by that.</summary>
    public static Door DoorOf(string path) => Path.GetFileName(path).Split('-')[0] switch
    {
        "chat" => Door.Chat,
        "messages" => Door.Messages,
        "responses" => Door.Responses,
        var other => throw new InvalidDataException($"{path} is for '{other}', which no reader is for."),
    };

    public static FuzzResult Run(IReadOnlyList<ClientBody> recorded, int count, int seed)
    {
        var mutator = new BodyMutator(recorded, seed);
        var (served, refused, slowest, faults) = (0, 0, TimeSpan.Zero, new List<string>());
        for (var at = 0; at < count; at++)
        {
            var body = mutator.Next();
            var startedAt = Stopwatch.GetTimestamp();
            try
            {
                Prepare(Read([.. body.Bytes], body.Door));
                served++;
            }
            catch (ProblemException problem) when (ProblemTable.Of(problem.Problem.Kind).Status < 500)
            {
                refused++;
            }
            catch (Exception fault)
            {
                if (faults.Count < MostFaults)
                {
                    faults.Add($"{fault.GetType().Name}: {fault.Message} {fault.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Pilotlight", StringComparison.Ordinal))?.Trim()} {Convert.ToBase64String(body.Bytes)}");
                }
            }

            slowest = Stopwatch.GetElapsedTime(startedAt) is var took && took > slowest ? took : slowest;
        }

        return new FuzzResult(served, refused, slowest, faults);
    }

    /// <summary>Reads a body as its route does.</summary>
    public static CompatibleRequest Read(byte[] bytes, Door door)
    {
        using var body = JsonBody.Read(JsonBody.Mended(bytes));
        return door switch
        {
            Door.Chat => ChatCompletionRequest.Read(body.Root),
            Door.Messages => MessagesRequest.Read(body.Root),
            _ => ReadResponse(CallBody.Object(body.Root)),
        };
    }

    /// <summary>Does all that is done with a call before a process is taken, or the API is asked.</summary>
    public static void Prepare(CompatibleRequest read)
    {
        foreach (var route in Enum.GetValues<CallRoute>())
        {
            var request = read.Settle(route, new CompatibleOptions());
            _ = request.Texts().Sum(text => text.Length) + request.ImageTokens();
            _ = HistoryFingerprint.Exact("key", request, request.History);
            _ = CallerTools.History(request.History, request.Tools).Count() + CallerTools.Content(request).Count;
            _ = MessageBody.Of(request, "claude-sonnet-5-5").Length;
            _ = CallerToolNames.Declared(request.Tools).Sum(tool => tool.JsonSchema.GetRawText().Length);
            if (request.Ignored.Any(name => !name.All(char.IsAscii) || name.Any(char.IsControl)))
            {
                throw new InvalidOperationException($"'{string.Join(", ", request.Ignored)}' does not fit a header.");
            }
        }
    }

    private static CompatibleRequest ReadResponse(JsonElement body)
    {
        var call = ResponseCall.Read(body);

        // As if what was recorded of earlier answers were kept.
        var kept = ResponseInput.References(body).Distinct(StringComparer.Ordinal).Where(id => id.StartsWith("msg_", StringComparison.Ordinal))
            .ToDictionary(id => id, id => new OutputItem("message", id) { Content = [OutputPart.OfText("said")] }, StringComparer.Ordinal);
        var request = call.With(body, ResponseInput.Read(body, kept, goesOn: false), []);
        _ = PromptJson.Read(PromptJson.Write(call.ToPrompt(request, request.History, CallRoute.Wire)));
        _ = new ResponseStory(new ResponseFrame("resp_" + new string('0', 32), call.Model, call.Echo)).Begin().Sum(told => told.Frame().Length);
        return request;
    }
}
