using Microsoft.Extensions.AI;
using Pilotlight.Claude.Chat;
using Pilotlight.Claude.Turns;

namespace Pilotlight.Samples.Worker;

/// <summary>Has the agent go through the unpaid invoices once a day; with <c>--once true</c> a single time.</summary>
public sealed partial class ReminderRound(
    IChatClient chat, Invoices invoices, IConfiguration configuration, IHostApplicationLifetime lifetime, ILogger<ReminderRound> logger) : BackgroundService
{
    /// <summary>The profile whose functions may need approval.</summary>
    public const string Profile = "office";

    private const string Task = "Look for invoices that are more than two weeks overdue, and send a short, friendly reminder for each. Then say what you did.";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var days = new PeriodicTimer(TimeSpan.FromDays(1));
        do
        {
            await RunAsync(stoppingToken);
        }
        while (!configuration.GetValue<bool>("once") && await days.WaitForNextTickAsync(stoppingToken));
        lifetime.StopApplication();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var options = new ChatOptions
        {
            Tools =
            [
                AIFunctionFactory.Create(invoices.ListUnpaid, "list_unpaid"),
                new ApprovalRequiredAIFunction(AIFunctionFactory.Create(invoices.SendReminder, "send_reminder")),
            ],
        };
        try
        {
            // Without a conversation: each round begins anew.
            var response = await chat.GetResponseAsync(Task, options.UseProfile(Profile), cancellationToken);
            Console.WriteLine(response.Text);
        }
        catch (ClaudeException fault)
        {
            LogFailed(logger, fault);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The round failed; the next one is tomorrow")]
    private static partial void LogFailed(ILogger logger, Exception fault);
}
