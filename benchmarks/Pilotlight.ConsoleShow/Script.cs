namespace Pilotlight.ConsoleShow;

/// <summary>What is said in the pictures.</summary>
internal static class Script
{
    public static readonly (string Title, string Question)[] Earlier =
    [
        ("Names for a sailing boat", "Which names suit a small sailing boat?"),
        ("Explain lock-free queues", "How does a lock-free queue work?"),
        ("A week of meals for two", "Plan a week of simple meals for two."),
        ("Why the sky is blue", "Why is the sky blue, and sunset red?"),
        ("Letter to the landlord", "Draft a polite letter about the heating."),
    ];

    public static readonly (string Question, string Answer) First = (
        "Why do gas heaters keep a pilot light burning?",
        """
        A pilot light trades a **little fuel all the time** for an answer *the moment* heat is wanted:

        - **No wait.** The burner lights at once from the flame that is there, with no spark to make first.
        - **Nothing to go wrong at the worst time.** Ignition is the part that fails; here it happened hours ago.
        - **A sign of health.** As long as the small flame burns, gas, air and valve are known to work.

        The price is the gas it burns while nobody is cold.
        """);

    public static readonly (string Question, string Answer) Second = (
        "Show me the same idea in C#, for processes.",
        """
        Keep a few started ahead, and start the next as soon as one is taken:

        ```csharp
        public sealed class Pilot(Func<Process> start, int parked)
        {
            private readonly ConcurrentQueue<Process> _lit = new(
                Enumerable.Range(0, parked).Select(_ => start()));

            // The caller gets one that is already warm.
            public Process Take()
            {
                _ = Task.Run(() => _lit.Enqueue(start()));
                return _lit.TryDequeue(out var ready) ? ready : start();
            }
        }
        ```

        `Take` costs microseconds while one is parked. What is left out here: processes that **die while they wait**, and how many to park.
        """);

    public static readonly (string Question, string Answer) Third = (
        "And if one dies while it waits?",
        """
        Then nobody should ever be handed a corpse. Three habits do it:

        1. **Watch each one.** The operating system tells of a child's death; whoever hears it takes it out of the queue. That is dealt with first, before anybody asks.
        2. **Look again at the door.** Between the look and the hand-over it may still die, so the first write is allowed to fail, and another takes the work over.
        3. **Back off.** If they die as fast as they start, starting faster helps nobody: wait longer each time, and say why.
        """);
}
