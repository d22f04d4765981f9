using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Pilotlight.Client.Turns;
using Pilotlight.Testing;

namespace Pilotlight.Client.Tests;

/// <summary><c>docs/events.md</c> is made of the client's types for a turn's events.</summary>
public sealed class EventTableTests
{
    // In the order in which a turn tells them.
    private static readonly string[] s_events =
    [
        "turn.started", "text.delta", "text.reset", "thinking.delta", "tool.started", "tool.finished", "approval.requested", "question.asked", "approval.resolved",
        "task.updated", "retrying", "context.truncated", "turn.completed", "turn.failed", "turn.cancelled",
    ];

    [Fact]
    public async Task The_table_of_events_is_what_the_client_reads() =>
        Assert.Null(await Repository.CheckAsync("docs/events.md", Table(), TestContext.Current.CancellationToken));

    [Fact]
    public void Every_event_that_the_client_knows_is_in_the_table() => Assert.Equal(
        typeof(TurnEvent).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(TurnEvent)) && type != typeof(OtherEvent)).Select(type => type.Name).Order(),
        s_events.Select(name => TypeOf(name).Name).Order());

    private static Type TypeOf(string name) => TurnEventReader.Read(name, "{\"problem\":{}}"u8).GetType();

    private static string Table()
    {
        var table = new StringBuilder(
            """
            # Every event of a turn

            `POST /api/threads/{id}/turns` answers with them as they happen, `GET /api/threads/{id}/turns/{turnId}/events` replays them; each has an `id` that counts up, which
            `Last-Event-ID` takes. Exactly one of the last three ends every turn. A client leaves aside what it does not know: newer gateways have more of both, events and fields.
            This page is made of the types of `Pilotlight.Client`.

            """);
        foreach (var name in s_events)
        {
            var type = TypeOf(name);
            table.Append(CultureInfo.InvariantCulture, $"\n## `{name}`\n\n{XmlDocumentation.Of(type)} In .NET: `{type.Name}`.\n");
            Fields(table, type, "");
        }

        return table.ToString();
    }

    private static void Fields(StringBuilder table, Type type, string path)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.DeclaringType == type && property.CanWrite && property.Name != nameof(TurnEvent.Id)).ToArray();
        if (properties.Length > 0 && path.Length == 0)
        {
            table.Append("\n| field | |\n| --- | --- |\n");
        }

        foreach (var property in properties)
        {
            var name = path + (property.Name == "CallId" ? "id" : JsonNamingPolicy.CamelCase.ConvertName(property.Name));
            table.Append(CultureInfo.InvariantCulture, $"| `{name}` | {XmlDocumentation.Of(property)} |\n");
            var inner = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            if (inner.Namespace!.StartsWith("Pilotlight.Client", StringComparison.Ordinal) && inner.Name != "GatewayProblem")
            {
                Fields(table, inner, name + ".");
            }
        }
    }
}
