using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Pilotlight.Testing;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Tests;

/// <summary><c>docs/settings.md</c> is made of the options classes, and the settings that other pages show are good ones.</summary>
public sealed partial class SettingsTableTests
{
    [Fact]
    public async Task The_table_of_settings_is_what_the_options_say() =>
        Assert.Null(await Repository.CheckAsync("docs/settings.md", Table(), TestContext.Current.CancellationToken));

    [Fact]
    public void Every_setting_says_what_it_is() => Assert.Empty(
        SettingsCheck.Sections.SelectMany(section => section.Options.SelectMany(options => Rows(section.Section, options))).Where(row => row.Says.Length == 0).Select(row => row.Name));

    [Fact]
    public void Settings_in_the_documents_have_no_faults()
    {
        var checkedOnes = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Append(Path.Combine(Repository.Root, "README.md")))
        {
            foreach (Match snippet in Snippet().Matches(File.ReadAllText(file)))
            {
                var json = snippet.Groups["json"].Value;
                if (!json.Contains("\"Pilotlight\"", StringComparison.Ordinal))
                {
                    continue;
                }

                var faults = SettingsCheck.Faults(new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build());
                Assert.True(faults.Count == 0, $"{Path.GetFileName(file)}: {string.Join(' ', faults)}\n{json}");
                checkedOnes++;
            }
        }

        Assert.True(checkedOnes >= 3, $"Only {checkedOnes} were found.");
    }

    private static string Table()
    {
        var table = new StringBuilder(
            """
            # Every setting

            `appsettings.json`, then the environment (`Pilotlight__Pool__Size=4`), then the command line (`--Pilotlight:Pool:Size=4`). Wrong settings stop the start, every
            fault listed. Times are `hh:mm:ss` or `d.hh:mm:ss`. `NAME` is a name of yours, `N` counts from 0. This page is made of the options classes.

            """);
        foreach (var (section, options) in SettingsCheck.Sections)
        {
            table.Append(CultureInfo.InvariantCulture, $"\n## {section}\n");
            foreach (var type in options)
            {
                table.Append(CultureInfo.InvariantCulture, $"\n{XmlDocumentation.Of(type)?.Split("; section")[0].TrimEnd('.') ?? "Where threads are kept"}.\n");
            }

            table.Append("\n| setting | value | default | |\n| --- | --- | --- | --- |\n");
            foreach (var row in options.SelectMany(type => Rows(section, type)))
            {
                table.Append(CultureInfo.InvariantCulture, $"| `{row.Name[(section.Length + 1)..]}` | {row.Kind} | {row.Default} | {row.Says} |\n");
            }
        }

        return table.ToString();
    }

    private sealed record Row(string Name, string Kind, string Default, string Says);

    private static IEnumerable<Row> Rows(string path, Type type)
    {
        var options = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(property => UnknownSettings.IsSetting(property.PropertyType) && property.GetMethod!.IsStatic is false))
        {
            var (says, preset) = Split(XmlDocumentation.Of(property) ?? "");
            var name = $"{path}:{property.Name}";
            var element = UnknownSettings.ElementOf(property.PropertyType);
            var isNamed = property.PropertyType.Name.Contains("Dictionary", StringComparison.Ordinal);
            var inner = element ?? property.PropertyType;
            yield return new Row(name, Kind(property, element, isNamed), preset ?? Value(property.GetValue(options)), says);
            if (UnknownSettings.IsGroup(inner))
            {
                foreach (var row in Rows(element is null ? name : $"{name}:{(isNamed ? "NAME" : "N")}", inner))
                {
                    yield return row;
                }
            }
        }
    }

    private static string Kind(PropertyInfo property, Type? element, bool isNamed)
    {
        if (element is not null)
        {
            return (isNamed ? "by name: " : "a list of ") + (UnknownSettings.IsGroup(element) ? "what follows" : Word(element));
        }

        var word = UnknownSettings.IsGroup(property.PropertyType) ? "what follows" : Word(property.PropertyType);
        return property.GetCustomAttribute<RangeAttribute>() is { } range && !Equals(range.Maximum, int.MaxValue)
            ? string.Create(CultureInfo.InvariantCulture, $"{word}, {Short(range.Minimum)} to {Short(range.Maximum)}")
            : word;
    }

    private static string Word(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain == typeof(string) ? "text" : plain == typeof(Uri) ? "an address" : plain == typeof(TimeSpan) ? "a time" : plain == typeof(bool) ? "`true` or `false`"
            : plain.IsEnum ? string.Join(", ", Enum.GetNames(plain).Select(name => $"`{name}`")) : "a number";
    }

    private static string Short(object value) => value is IFormattable number ? number.ToString("#,0.###", CultureInfo.InvariantCulture) : $"{value}";

    private static string Value(object? value) => value switch
    {
        null => "none",
        bool flag => flag ? "`true`" : "`false`",
        string or Enum or Uri => $"`{value}`",
        TimeSpan time => $"`{time:c}`",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "none",
    };

    // The documentation of an option says its default in words, and its unit.
    private static (string Says, string? Default) Split(string text)
    {
        var match = Default().Match(text);
        return match.Success ? ((text[..match.Index] + text[(match.Index + match.Length)..]).Trim(), match.Groups["default"].Value.TrimEnd('.')) : (text, null);
    }

    [GeneratedRegex(@"Default: (?<default>(?:[^.]|\.(?! |$))+\.)\s*")]
    private static partial Regex Default();

    [GeneratedRegex(@"^```json\n(?<json>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
