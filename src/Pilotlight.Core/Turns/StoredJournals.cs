using Microsoft.Extensions.Options;
using Pilotlight.Core.Servers;

namespace Pilotlight.Core.Turns;

/// <summary>Makes the journals of threads' turns. Safe for concurrent use.</summary>
internal sealed class StoredJournals(
    ITurnStore store, TurnIntake intake, WaitingTurns waits, IOptions<RelayOptions> relay, IOptions<ServerOptions> server, TimeProvider time)
{
    public StoredJournal Create(LiveTurn live, PreparedTurn prepared) => new(live, prepared, store, intake, waits, relay.Value, time, server.Value.IsSimulated);
}
