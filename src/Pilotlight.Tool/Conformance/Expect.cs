namespace Pilotlight.Tool.Conformance;

/// <summary>Says what differs.</summary>
internal static class Expect
{
    public static void That(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new DifferenceException(otherwise);
        }
    }

    public static void Equal<T>(T expected, T actual, string what) =>
        That(EqualityComparer<T>.Default.Equals(expected, actual), $"{what}: expected '{expected}', got '{actual}'.");

    public static void Sequence(IEnumerable<string> expected, IEnumerable<string> actual) =>
        That(expected.SequenceEqual(actual), $"the API saw [{string.Join(", ", actual)}] instead of [{string.Join(", ", expected)}].");
}
