namespace Pilotlight.Testing;

/// <summary>The repository that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Set where documents that tests make are to be written instead of compared.</summary>
    public const string WriteVariable = "PILOTLIGHT_WRITE_DOCS";

    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>Compares a document with what was made of it, or writes it; returns what is to be done when they differ.</summary>
    public static async Task<string?> CheckAsync(string path, string made, CancellationToken cancellationToken)
    {
        var file = Path.Combine(Root, path);
        if (Environment.GetEnvironmentVariable(WriteVariable) is { Length: > 0 })
        {
            await File.WriteAllTextAsync(file, made, cancellationToken);
        }

        return File.Exists(file) && await File.ReadAllTextAsync(file, cancellationToken) == made
            ? null
            : $"{path} is not what the tests make of it. Run them with {WriteVariable}=1, and look at what has changed. They made:\n{made}";
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Pilotlight.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException($"There is no repository above {AppContext.BaseDirectory}.");
    }
}
