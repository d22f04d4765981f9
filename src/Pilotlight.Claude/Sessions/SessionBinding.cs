using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Pilotlight.Claude.Conversations;
using Pilotlight.Claude.Profiles;
using Pilotlight.Claude.Protocol;
using Pilotlight.Claude.Turns;
using Pilotlight.Processes;
using Pilotlight.Wire.Rehearsals;

namespace Pilotlight.Claude.Sessions;

/// <summary>Tells a process what it needs to carry a conversation on: system prompt, model, functions, earlier messages.</summary>
/// <remarks>
/// The CLI takes lines in order, so requests are sent without waiting for their answers, which saves round trips before the
/// first token; <see cref="RefusalAsync"/> looks at them before anything of a turn is handed on.
/// </remarks>
internal sealed class SessionBinding(
    ClaudeProcess claude, AgentProfileOptions? agent, ChildProcess process, ClaudeOptions options, TimeProvider time)
{
    private const string ConversationServers = "mcp_set_servers of the conversation";

    private readonly CliConnection _connection = claude.Connection;
    private readonly List<(string Request, Task<CliControlResponse> Answer)> _unconfirmed = [];
    private TurnTuning _tuning = TurnTuning.AtStart(agent);
    private string _servers = "";

    /// <summary>The CLI's name for the conversation; null until it took a message of it.</summary>
    public string? SessionId { get; private set; }

    /// <summary>Sets the system prompt and the schema of answers; only a process that was not told them takes them.</summary>
    public async ValueTask InitializeAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        await SendAsync(claude.Initialize(conversation.SystemPrompt ?? options.SystemPrompt, conversation.OutputSchema), cancellationToken);
        if (agent is { McpServers.Count: > 0 })
        {
            await SendAsync(McpServerJson.SetServers(agent, false, options), cancellationToken);
        }
    }

    /// <summary>Sets the model; before the first message only, since later it leaves a note in the conversation.</summary>
    public ValueTask SetModelAsync(string model, CancellationToken cancellationToken) =>
        SendAsync(new JsonObject { ["subtype"] = "set_model", ["model"] = model }, cancellationToken);

    /// <summary>Offers the functions of the conversation and its profile; the CLI connects to them before it asks the model.</summary>
    /// <exception cref="ClaudeException">A function cannot be offered.</exception>
    public async ValueTask OfferAsync(Conversation conversation, CancellationToken cancellationToken)
    {
        try
        {
            claude.Offer(conversation, agent);
        }
        catch (ArgumentException fault)
        {
            throw new ClaudeException(new TurnError(TurnErrorKind.InvalidRequest, fault.Message), fault);
        }

        if (claude.Functions is not null)
        {
            await SendAsync(McpServerJson.SetServers(agent, true, options), cancellationToken);
        }
    }

    /// <summary>Sets what may change from turn to turn. A process that is gone is the next write's to notice.</summary>
    public async ValueTask TuneAsync(Conversation conversation)
    {
        try
        {
            foreach (var request in _tuning.ChangeTo(TurnTuning.Of(conversation, agent), out _tuning))
            {
                await SendAsync(request, CancellationToken.None);
            }

            await ConnectAsync(conversation);
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
        }
    }

    // The CLI connects to them before it asks the model.
    private async ValueTask ConnectAsync(Conversation conversation)
    {
        if (_servers.Length == 0 && conversation.McpServers.Count == 0)
        {
            return;
        }

        var servers = McpServerJson.SetServers(null, false, options, conversation.McpServers).ToJsonString();
        if (servers == _servers)
        {
            return;
        }

        _servers = servers;
        await SendAsync(McpServerJson.SetServers(agent, claude.Functions is not null, options, conversation.McpServers), CancellationToken.None, ConversationServers);
    }

    /// <summary>Takes up what was said before: by the relay where the process is rehearsed whole and all is text, else line by line.</summary>
    /// <exception cref="ClaudeException">The process ended, or took nothing for too long.</exception>
    public async Task TakeUpAsync(Conversation conversation, bool hasNewModel, ILogger logger, CancellationToken cancellationToken)
    {
        var history = HistoryReplay.Prepare(conversation.History, logger);
        var isWritten = claude.Rehearsal is not null && RehearsedHistory.IsText(history);
        claude.Rehearsal?.Open(new RehearsedOpening
        {
            SystemPrompt = conversation.SystemPrompt == options.SystemPrompt ? null : conversation.SystemPrompt,
            HasNewModel = hasNewModel,
            History = isWritten ? RehearsedHistory.Write(history) : [],
            Replayed = isWritten ? 0 : history.Count,
        });
        if (!isWritten)
        {
            await ReplayAsync(history, cancellationToken);
        }
    }

    private async Task ReplayAsync(IReadOnlyList<HistoryMessage> history, CancellationToken cancellationToken)
    {
        // The CLI queues user lines and takes assistant lines at once: only the result of a user line says that what follows
        // will stand behind it. An answer goes out together with the next question, which saves waking the CLI twice.
        List<Action<Utf8JsonWriter>> lines = [];
        foreach (var message in history)
        {
            if (message.Role == HistoryRole.Assistant)
            {
                lines.Add(writer => CliLines.Assistant(writer, AssistantContentJson.From(message)));
                continue;
            }

            var said = UserContentJson.From(message.Content ?? [new UserText(message.Text)]);
            lines.Add(writer => CliLines.User(writer, said, query: false));
            await _connection.WriteAsync(lines, cancellationToken);
            lines.Clear();
            CliMessage taken;
            do
            {
                taken = await NextAsync(cancellationToken);
            }
            while (taken is not CliResult);
            SessionId = ((CliResult)taken).SessionId;
        }

        if (lines.Count > 0)
        {
            await _connection.WriteAsync(lines, cancellationToken);
        }
    }

    /// <summary>What the process refused of all this, or null. Asked before a turn's first output: a prompt that was not taken must not be answered.</summary>
    public async ValueTask<TurnError?> RefusalAsync()
    {
        foreach (var (request, answer) in _unconfirmed)
        {
            try
            {
                var told = await answer.WaitAsync(options.ControlTimeout, time);
                if (!told.IsSuccess)
                {
                    return new TurnError(
                        TurnErrorKind.InvalidRequest, $"The CLI refused '{request}': {told.Error ?? "no reason given"}. Correct the thread's settings.");
                }

                if (request == ConversationServers && told.Response?.Property("errors") is { ValueKind: JsonValueKind.Object } errors && errors.EnumerateObject().Any())
                {
                    var (server, reason) = errors.EnumerateObject().Select(fault => (fault.Name, fault.Value)).First();
                    return new TurnError(TurnErrorKind.InvalidRequest, $"The MCP server '{server}' of the conversation could not be reached: {reason}. Correct it, or leave it out.");
                }
            }
            catch (Exception fault) when (fault is TimeoutException or IOException)
            {
                return new TurnError(TurnErrorKind.CliCrashed, $"The CLI never answered '{request}'. Send the message again; a fresh process will take it.");
            }
        }

        _unconfirmed.Clear();
        return null;
    }

    private async ValueTask SendAsync(JsonObject request, CancellationToken cancellationToken, string? name = null) =>
        _unconfirmed.Add((name ?? (string)request["subtype"]!, await _connection.SendRequestAsync(request, cancellationToken)));

    private async ValueTask<CliMessage> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.Messages.ReadAsync(cancellationToken).AsTask().WaitAsync(options.SilenceTimeout, time, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw new ClaudeException(TurnErrors.FromExit(await process.StopAsync()));
        }
        catch (TimeoutException)
        {
            throw new ClaudeException(new TurnError(
                TurnErrorKind.Timeout,
                $"The CLI took none of the conversation's history in {options.SilenceTimeout}. Send the message again."));
        }
    }
}
