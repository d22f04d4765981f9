using System.Security.Cryptography;
using System.Text.Json;

namespace Pilotlight.Claude.Installation;

/// <summary>Moves each process into a folder of its own before it starts: temporary files, and its configuration where no sign-in is shared.</summary>
/// <remarks>Why a sign-in is not copied: docs/decisions/0010-one-sign-in-many-processes.md.</remarks>
internal sealed class ProcessHome(ClaudeHome home, ProcessFolders folders)
{
    private const string ConfigFile = ".claude.json";
    private const string WalledFile = "walled.json";

    private static readonly string[] TemporaryVariables = OperatingSystem.IsWindows() ? ["TEMP", "TMP"] : ["TMPDIR"];

    private readonly Lock _gate = new();
    private readonly HashSet<string> _templates = new(StringComparer.Ordinal);

    /// <summary>Prepares one process; disposing the result removes what was made for it.</summary>
    public PreparedHome Prepare(IDictionary<string, string?> environment)
    {
        var folder = folders.Open();
        try
        {
            foreach (var variable in TemporaryVariables)
            {
                environment[variable] = folder.Temporary;
            }

            if (!home.IsConfigurationShared)
            {
                PrivateFolder.Create(folder.Configuration);
                File.Copy(Template(ConfigFile), Path.Combine(folder.Configuration, ConfigFile));
                environment["CLAUDE_CONFIG_DIR"] = folder.Configuration;
            }

            return new PreparedHome(folder, home.IsConfigurationShared ? home.ConfigDirectory : folder.Configuration);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Prepares one process that has its temporary files and its configuration behind walls: a folder for what they are made of, and the
    /// file that its configuration begins as. Nothing of a configuration that people use goes there.
    /// </summary>
    public (ProcessFolder Folder, string Configuration) PrepareWalled() => (folders.Open(), Template(home.IsConfigurationShared ? WalledFile : ConfigFile));

    // The CLI names itself to the API by an id in this file: without one, each process would pass for another device.
    private string Template(string file)
    {
        var path = Path.Combine(home.ConfigDirectory, file);
        lock (_gate)
        {
            if (!_templates.Contains(path) && !File.Exists(path))
            {
                PrivateFolder.Create(home.ConfigDirectory);
                var made = $"{path}.{Guid.NewGuid():N}";
                File.WriteAllBytes(made, JsonSerializer.SerializeToUtf8Bytes(
                    new Dictionary<string, string> { ["userID"] = RandomNumberGenerator.GetHexString(64, lowercase: true) }, InstallationJson.Default.DictionaryStringString));
                try
                {
                    File.Move(made, path, overwrite: false);
                }
                catch (IOException) when (File.Exists(path))
                {
                    File.Delete(made); // Another server in the same home was faster.
                }
            }

            _templates.Add(path);
        }

        return path;
    }
}

/// <summary>What was prepared for one process; disposing removes it.</summary>
/// <param name="folder">Its folder.</param>
/// <param name="configuration">Where its configuration is, of its own or shared.</param>
internal sealed class PreparedHome(ProcessFolder folder, string configuration) : IDisposable
{
    public string Configuration => configuration;

    public void Dispose() => folder.Dispose();
}
