using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Pilotlight.Testing;

namespace Pilotlight.Samples.Tests;

/// <summary>Every C# snippet of the documents compiles, as the program of somebody who copied it.</summary>
public sealed partial class SnippetTests
{
    // What snippets take for there, as a reader does.
    private const string Around =
        """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Net.Http;
        global using System.Text.Json; global using System.Threading; global using System.Threading.Tasks;
        global using Aspire.Hosting; global using Aspire.Hosting.ApplicationModel;
        global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Http; global using Microsoft.Agents.AI;
        global using Microsoft.Extensions.AI; global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection; global using Microsoft.Extensions.Hosting;
        global using Pilotlight.Claude; global using Pilotlight.Claude.Chat; global using Pilotlight.Claude.Conversations; global using Pilotlight.Claude.Hooks; global using Pilotlight.Claude.Permissions;
        global using Pilotlight.Client.Chat; global using Pilotlight.Gateway; global using Pilotlight.Processes; global using Pilotlight.Simulator;
        global using Pilotlight.Storage.PostgreSql; global using Pilotlight.Storage.Sqlite; global using Pilotlight.WebConsole; global using Pilotlight.Wire; global using Pilotlight.Wire.Calls; global using Pilotlight.Wire.Processes; global using Pilotlight.Wire.Rehearsals;
        global using static Around;

        public static class Around
        {
            public static WebApplicationBuilder builder = null!; public static WebApplication app = null!; public static IChatClient chat = null!;
            public static TextWriter output = null!; public static string folder = "", key = "", own = "", answer = ""; public static bool wasTold;
            public static ChatOptions options = null!; public static ClaudeOptions claude = null!; public static IClaudeConversations conversations = null!;
            public static CancellationToken cancellationToken, stop; public static bool Ask(object call) => true;
            public static WarmPool pool = null!; public static byte[] request = []; public static ProcessProfile plainPython = null!;
            public static ValueTask<object?> ReadReadyLineAsync(object from, CancellationToken token) => default;
            public static WireProcess process = null!; public static ICallBudget budget = null!; public static ICallObserver observer = null!;
            public static IReadOnlyList<ReadOnlyMemory<byte>> earlier = null!;
        }

        public sealed record Person(string Name);

        public sealed class Connection
        {
            public static ValueTask<Connection> OpenAsync(object input, object output, CancellationToken token) => default;

            public ValueTask<string> AskAsync(string text, CancellationToken token) => default;
        }

        namespace Projects
        {
            public sealed class Web : IProjectMetadata
            {
                public string ProjectPath => "";
            }
        }
        """;

    // Both have events of a turn.
    private const string AroundClient = "global using Pilotlight.Client; global using Pilotlight.Client.Turns;";
    private const string AroundClaude = "global using Pilotlight.Claude.Turns;";

    private static readonly MetadataReference[] s_references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path))];

    /// <summary>Where the documents are, by their place in the repository.</summary>
    public static TheoryData<string> Documents { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "README.md", SearchOption.AllDirectories))
            .Append(Path.Combine(Repository.Root, "README.md"))
            .Where(file => Snippet().IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetRelativePath(Repository.Root, file)).Order(),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void The_snippets_of_a_document_compile(string document)
    {
        foreach (Match snippet in Snippet().Matches(File.ReadAllText(Path.Combine(Repository.Root, document))))
        {
            var code = snippet.Groups["code"].Value;
            var faults = Compile(code, document.StartsWith("src/Pilotlight.Client", StringComparison.Ordinal) || code.Contains("Pilotlight.Client", StringComparison.Ordinal) ? AroundClient : AroundClaude);
            Assert.True(faults.Length == 0, $"{document}:\n{code}\n{string.Join('\n', faults.AsEnumerable())}");
        }
    }

    private static string[] Compile(string code, string usings)
    {
        var parse = new CSharpParseOptions(LanguageVersion.Latest);
        var compilation = CSharpCompilation.Create(
            "snippet",
            [CSharpSyntaxTree.ParseText(code, parse), CSharpSyntaxTree.ParseText(Around, parse), CSharpSyntaxTree.ParseText(usings, parse)],
            s_references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        return [.. compilation.GetDiagnostics().Where(fault => fault.Severity == DiagnosticSeverity.Error).Select(fault => fault.ToString())];
    }

    [GeneratedRegex(@"^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
