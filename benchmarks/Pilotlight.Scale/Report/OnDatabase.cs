namespace Pilotlight.Scale.Report;

/// <summary>What the one database bears in a second.</summary>
/// <remarks>
/// Statements as they stand in <c>Storage/Sql</c> and <c>Membership/Tables.sql</c>, for a key with budgets. A turn: 11 in the transaction that takes it on, 6 that hold its call to the budget, 2
/// for each batch of its events, 1 that notes what was used, 12 that end it; 5 reads more where another node runs it. A node, each second: its lease with those of its turns, 4 that look for
/// what dead nodes left, 3 reads of its own; membership: a row written every 2 s, all rows read every 10 s.
/// </remarks>
internal sealed record OnDatabase(int Nodes, double TurnsPerSecond, double HandedOverShare, double StreamedPerTurn, double RunningPerNode)
{
    private double Batches => BetweenNodes.BatchesOf(StreamedPerTurn);

    /// <summary>Transactions that write, of turns.</summary>
    public double TurnCommits => TurnsPerSecond * (4 + Batches);

    /// <summary>Statements of turns.</summary>
    public double TurnStatements => TurnsPerSecond * (11 + 6 + (2 * Batches) + 1 + 12 + (5 * HandedOverShare));

    /// <summary>Transactions that write, of nodes that are there.</summary>
    public double NodeCommits => Nodes * 2.5;

    /// <summary>Statements of nodes that are there.</summary>
    public double NodeStatements => Nodes * (1 + RunningPerNode + 4 + 3 + 0.5 + 0.1);

    /// <summary>Rows that the looks for dead nodes' turns go over, since each looks at all that run.</summary>
    public double RowsLookedAt => Nodes * ((2 * Nodes * RunningPerNode) + Nodes);

    /// <summary>Rows of the membership that are read.</summary>
    public double MembershipRows => Nodes / 10.0 * Nodes;

    /// <summary>All transactions that write.</summary>
    public double Commits => TurnCommits + NodeCommits;

    /// <summary>All statements.</summary>
    public double Statements => TurnStatements + NodeStatements;
}
