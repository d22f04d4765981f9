using System.ComponentModel;

namespace Pilotlight.Samples.Worker;

/// <summary>An invoice that somebody has not paid.</summary>
public sealed record Invoice(string Number, string Customer, decimal Amount, int DaysOverdue);

/// <summary>What the agent can do; put your own store and mail here.</summary>
public sealed partial class Invoices(ILogger<Invoices> logger)
{
    private readonly List<Invoice> _unpaid = [new("2026-117", "Lovelace & Co.", 1200m, 31), new("2026-121", "Hopper Ltd.", 80m, 3)];

    /// <summary>Reads; it may run whenever the model likes.</summary>
    [Description("Lists the invoices that are not paid.")]
    public IReadOnlyList<Invoice> ListUnpaid() => _unpaid;

    /// <summary>Writes to people; it runs after a yes alone.</summary>
    [Description("Sends a customer a reminder about an invoice.")]
    public string SendReminder([Description("The invoice's number.")] string number, [Description("The mail's text.")] string text)
    {
        var invoice = _unpaid.Find(one => one.Number == number);
        if (invoice is null)
        {
            return $"There is no unpaid invoice {number}.";
        }

        LogSent(logger, invoice.Customer, invoice.Amount, text.Length);
        return $"Sent to {invoice.Customer}.";
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Reminded {Customer} of {Amount} in {Length} characters")]
    private static partial void LogSent(ILogger logger, string customer, decimal amount, int length);
}
