using Microsoft.Extensions.AI;

namespace Pilotlight.Claude.Tools;

/// <summary>What a .NET function is called by the model: <c>mcp__functions__NAME</c>.</summary>
public static class FunctionNames
{
    /// <summary>The name of the in-process MCP server that offers them; no other server may have it.</summary>
    public const string Server = "functions";

    private const string Prefix = "mcp__" + Server + "__";
    private const int MaxLength = 128;

    /// <summary>The name that the model and hooks see.</summary>
    public static string Qualify(string function) => Prefix + function;

    /// <summary>The function's own name, or <paramref name="tool"/> as it is when it names no function of ours.</summary>
    public static string Unqualify(string tool) => IsFunction(tool) ? tool[Prefix.Length..] : tool;

    /// <summary>Whether a tool is one of ours.</summary>
    public static bool IsFunction(string tool) => tool.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Refuses names that the API would refuse later, and two functions of one name.</summary>
    internal static void Check(IEnumerable<AIFunctionDeclaration> tools)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tool in tools)
        {
            if (tool.Name.Length == 0 || Qualify(tool.Name).Length > MaxLength
                || !tool.Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
            {
                throw new ArgumentException(
                    $"The function name '{tool.Name}' cannot be offered: use 1 to {MaxLength - Prefix.Length} letters, digits, '_' or '-'.");
            }

            if (!seen.Add(tool.Name))
            {
                throw new ArgumentException($"Two functions are named '{tool.Name}'; the model could not tell them apart. Rename one.");
            }
        }
    }
}
