using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Pilotlight.Testing;

/// <summary>What the code says of itself: the XML documentation beside an assembly, in Markdown.</summary>
public static partial class XmlDocumentation
{
    private static readonly Dictionary<string, Dictionary<string, XElement>> s_files = [];

    /// <summary>A type's first words; null where there are none.</summary>
    public static string? Of(Type type) => Text(Member(type.Assembly, "T:" + type.FullName)?.Element("summary"));

    /// <summary>A property's, or those of the record's parameter that made it; null where there are none.</summary>
    public static string? Of(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        return Text(Member(type.Assembly, $"P:{type.FullName}.{property.Name}")?.Element("summary"))
            ?? Text(Member(type.Assembly, "T:" + type.FullName)?.Elements("param").FirstOrDefault(parameter => (string?)parameter.Attribute("name") == property.Name))
            ?? Source(property);
    }

    private static XElement? Member(Assembly assembly, string name)
    {
        lock (s_files)
        {
            if (!s_files.TryGetValue(assembly.Location, out var members))
            {
                var path = Path.ChangeExtension(assembly.Location, ".xml");
                s_files[assembly.Location] = members = File.Exists(path)
                    ? XDocument.Load(path).Descendants("member").ToDictionary(member => (string)member.Attribute("name")!, StringComparer.Ordinal)
                    : [];
            }

            return members.GetValueOrDefault(name);
        }
    }

    // The tool is no library and writes no documentation file; its few options are read where they are written.
    private static string? Source(PropertyInfo property)
    {
        var file = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src", "Pilotlight.Tool"), property.DeclaringType!.Name + ".cs", SearchOption.AllDirectories).FirstOrDefault();
        var match = file is null ? null : Regex.Match(File.ReadAllText(file), $@"(?<doc>(?:^\s*///.*\n)+)(?:\s*\[.*\n)*\s*public .*\b{property.Name} \{{", RegexOptions.Multiline);
        return match is { Success: true } ? Text(XElement.Parse("<all>" + match.Groups["doc"].Value.Replace("///", "", StringComparison.Ordinal) + "</all>").Element("summary")) : null;
    }

    private static string? Text(XElement? element) => element is null ? null
        : Spaces().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement see when (see.Attribute("cref") ?? see.Attribute("name") ?? see.Attribute("langword")) is { } name => $"`{Name(name.Value)}`",
        XElement other => string.Concat(other.Nodes().Select(Text)),
        _ => "",
    };

    private static string Name(string reference) => reference.Split('(')[0] is var name && name.StartsWith("T:", StringComparison.Ordinal)
        ? name[(name.LastIndexOf('.') + 1)..]
        : name.Split('.')[^1];

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
