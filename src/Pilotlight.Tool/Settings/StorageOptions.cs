using System.ComponentModel.DataAnnotations;

namespace Pilotlight.Tool.Settings;

/// <summary>The databases there are.</summary>
public enum StorageProvider
{
    /// <summary>One file.</summary>
    Sqlite,

    /// <summary>A PostgreSQL database, which several gateways may share.</summary>
    PostgreSql,
}

/// <summary>Where threads are kept; section <c>Pilotlight:Storage</c>.</summary>
public sealed class StorageOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pilotlight:Storage";

    /// <summary>The database. Default: <see cref="StorageProvider.Sqlite"/>.</summary>
    public StorageProvider Provider { get; set; }

    /// <summary>Path of the SQLite file, by default <c>pilotlight.db</c> in the data folder; or PostgreSQL's connection string, which it needs.</summary>
    public string? ConnectionString { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider == StorageProvider.PostgreSql && string.IsNullOrWhiteSpace(ConnectionString))
        {
            yield return new ValidationResult("ConnectionString is missing; PostgreSql needs one, such as 'Host=127.0.0.1;Database=pilotlight;Username=pilotlight'.");
        }
    }
}
