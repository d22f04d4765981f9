namespace Pilotlight.Testing;

/// <summary>The tool that the tests start as a process of its own.</summary>
public static class ToolUnderTest
{
    /// <summary>As it is released, compiled ahead: named by PILOTLIGHT_TEST_TOOL. Else as it was built beside the tests, which starts slower.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("PILOTLIGHT_TEST_TOOL") is { Length: > 0 } named
        ? named
        : System.IO.Path.Combine(AppContext.BaseDirectory, "pilotlight.dll");
}
