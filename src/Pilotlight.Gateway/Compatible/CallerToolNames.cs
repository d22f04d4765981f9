using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;

namespace Pilotlight.Gateway.Compatible;

/// <summary>What the caller's functions are called on the CLI, which puts a prefix before them and so has less room than the API.</summary>
internal static class CallerToolNames
{
    /// <summary>Longest name that the CLI takes as it is.</summary>
    public const int LongestOnCli = 112;

    private const int HashDigits = 16;

    /// <summary>A function's name on the CLI: its own, or its beginning with a mark of the whole.</summary>
    public static string OnCli(string name) => name.Length <= LongestOnCli
        ? name
        : $"{name[..(LongestOnCli - HashDigits - 1)]}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..HashDigits]}";

    /// <summary>The caller's own name for what the CLI calls so.</summary>
    public static string Told(string onCli, IEnumerable<AIFunctionDeclaration> tools) => onCli.Length < LongestOnCli
        ? onCli
        : tools.FirstOrDefault(tool => OnCli(tool.Name) == onCli)?.Name ?? onCli;

    /// <summary>The functions as they are declared to the CLI.</summary>
    public static IReadOnlyList<AIFunctionDeclaration> Declared(IReadOnlyList<AIFunctionDeclaration> tools) => tools.All(tool => tool.Name.Length <= LongestOnCli)
        ? tools
        : [.. tools.Select(tool => AIFunctionFactory.CreateDeclaration(OnCli(tool.Name), tool.Description, tool.JsonSchema))];
}
