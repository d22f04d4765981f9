namespace Pilotlight.Tool.Settings;

/// <summary>The databases there are.</summary>
public enum StorageProvider
{
    /// <summary>One file.</summary>
    Sqlite,
}

/// <summary>Where threads are kept; section <c>Pilotlight:Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Storage";

    /// <summary>The database. Default: <see cref="StorageProvider.Sqlite"/>.</summary>
    public StorageProvider Provider { get; set; }

    /// <summary>Path of the SQLite file. Default: <c>pilotlight.db</c> in the data folder.</summary>
    public string? ConnectionString { get; set; }
}
