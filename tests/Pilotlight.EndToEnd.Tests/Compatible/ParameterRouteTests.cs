using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.EndToEnd.Tests.Compatible;

/// <summary>Every row of <c>docs/parameters.md</c> is served on every route as it says: by what reaches the API, and by the answer.</summary>
public sealed class ParameterRouteTests(ParameterRouteTests.Routes routes) : EndToEndTest, IClassFixture<ParameterRouteTests.Routes>
{
    private const string Chat = "/v1/chat/completions";
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private const string Weather = """{"type":"function","function":{"name":"weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}""";
    private const string Place = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""";

    private static readonly Scenario s_calls = Scenario.ToolUses(new ToolCall("weather", """{"city":"Oslo"}"""), new ToolCall("weather", """{"city":"Rome"}"""));

    // What a call of each row asks for, and whether it was had: the first of the two columns names the row.
    private static readonly Row[] s_rows =
    [
        new("temperature", """{"temperature":0.25}""", seen => seen.Number("temperature") == 0.25),
        new("top_p", """{"top_p":0.5}""", seen => seen.Number("top_p") == 0.5),
        new("top_k", """{"top_k":5}""", seen => seen.Number("top_k") == 5),
        new("stop", """{"stop":["END"]}""", seen => seen.Text == "one " && seen.Reason == "stop") { Scenario = Scenario.Answer("one END two") },
        new("max_completion_tokens", """{"max_completion_tokens":5}""", seen => seen.Reason == "length" && (seen.Route == "cli" || seen.Number("max_tokens") == 5)) { Scenario = Scenario.Words(200) },
        new(
            "tool_choice", $$"""{"tools":[{{Weather}},{{Weather.Replace("weather", "time", StringComparison.Ordinal)}}],"tool_choice":{"type":"function","function":{"name":"weather"} } }""",
            seen => seen.Route == "cli" ? seen.Request.Tools.Count == 1 : seen.Body.GetProperty("tool_choice").GetProperty("type").GetString() == "tool") { Scenario = s_calls },
        new("tool_choice: none", $$"""{"tools":[{{Weather}}],"tool_choice":"none"}""", seen => seen.Request.Tools.Count == 0),
        new(
            "parallel_tool_calls", $$"""{"tools":[{{Weather}}],"parallel_tool_calls":false}""",
            seen => seen.Route == "cli" ? seen.Message.GetProperty("tool_calls").GetArrayLength() == 1 : seen.Body.GetProperty("tool_choice").GetProperty("disable_parallel_tool_use").GetBoolean()) { Scenario = s_calls },
        new(
            "tools.strict", $$"""{"tools":[{{Weather.Replace("\"name\"", "\"strict\":true,\"name\"", StringComparison.Ordinal)}}]}""",
            seen => seen.Body.GetProperty("tools").EnumerateArray().Any(tool => tool.TryGetProperty("strict", out var strict) && strict.GetBoolean())),
        new("reasoning_effort", """{"reasoning_effort":"low"}""", seen => seen.Body.GetProperty("output_config").GetProperty("effort").GetString() == "low"),
        new("reasoning_effort: none", """{"reasoning_effort":"none"}""", seen => !seen.Body.TryGetProperty("thinking", out var thinking) || thinking.GetProperty("type").GetString() == "disabled"),
        new(
            "messages: assistant last", """{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"Well,"}]}""",
            seen => seen.Request.AllMessages[^1] is { Role: "assistant", Text: "Well," }),
        new("service_tier", """{"service_tier":"default"}""", seen => seen.Body.GetProperty("service_tier").GetString() == "standard_only"),
        new(
            "messages: system after others", """{"messages":[{"role":"user","content":"hello"},{"role":"assistant","content":"Hi."},{"role":"system","content":"Be brief."},{"role":"user","content":"And now?"}]}""",
            seen => seen.Request.LastUserText.Contains("Be brief.", StringComparison.Ordinal) && seen.Request.LastUserText.Contains("And now?", StringComparison.Ordinal)),
        new(
            "response_format", $$"""{"response_format":{"type":"json_schema","json_schema":{"name":"place","schema":{{Place}} } } }""",
            seen => JsonElement.Parse(seen.Text!).GetProperty("city").GetString() == "Oslo") { IsObject = true },
        new("image_url", $$"""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{Png}}"} }]}]}""", seen => seen.Source("image", "base64")),
        new("image_url: an address", """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://pictures.example/a.png"}}]}]}""", seen => seen.Source("image", "url")),
        new(
            "file", $$"""{"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,{{Convert.ToBase64String("%PDF-1.7\nx"u8)}}"} }]}]}""",
            seen => seen.Source("document", "base64")),
        new("include: reasoning.encrypted_content", """{"include":["reasoning.encrypted_content"]}""", seen => seen.Answer.GetProperty("output")[0].TryGetProperty("encrypted_content", out _))
        {
            Path = "/v1/responses", Scenario = Scenario.Thinking("Hm.", "Yes."),
        },
    ];

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var row in s_rows)
        {
            foreach (var route in (string[])["cli", "wire", "direct"])
            {
                cases.Add(row.Name, route);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_row_of_the_table_is_served_as_it_says(string name, string route)
    {
        var row = s_rows.Single(one => one.Name == name);
        var served = route == "direct" ? "held" : Told()[name][route == "cli" ? 0 : 1];
        var (gateway, simulator) = await routes.GetAsync(route);
        simulator.Clear();
        simulator.When(_ => true, row.ScenarioOn(route));

        using var response = await gateway.Http.PostAsJsonAsync(row.Path, row.Call(), Token);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Token);

        string[] ignored = response.Headers.TryGetValues("x-pilotlight-ignored", out var names) ? names.Single().Split(", ") : [];
        if (served == "refused")
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            return;
        }

        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        Assert.Equal(route == "direct" ? "direct" : "cli", response.Headers.GetValues("x-pilotlight-route").Single());
        Assert.Equal(served == "left aside" ? [name] : [], ignored);
        if (served != "left aside")
        {
            var seen = new Seen(route, answer, simulator.MessageRequests[0]);
            Assert.True(row.IsHad(seen), $"{served} on {route}: the API got {seen.Body}, the answer was {answer}");
        }
    }

    [Fact]
    public void No_row_of_the_table_is_left_out() => Assert.Equal(Told().Keys.Order(), s_rows.Select(row => row.Name).Order());

    // The rows by what OpenAI's API calls them, or Anthropic's where it has none such: how each is served on the CLI alone, and with the wire.
    private static Dictionary<string, string[]> Told() => File.ReadLines(Path.Combine(Repository.Root, "docs", "parameters.md"))
        .Where(line => line.StartsWith('|')).Skip(2).Select(line => line.Split(" | "))
        .ToDictionary(cells => Name(cells[0]) is { Length: > 0 } name ? name : Name(cells[1]), cells => cells[2..4], StringComparer.Ordinal);

    private static string Name(string cell) => cell.Trim('|', ' ', '`');

    private sealed record Row(string Name, string Properties, Func<Seen, bool> IsHad)
    {
        public string Path { get; init; } = Chat;

        public Scenario Scenario { get; init; } = Scenario.Answer("Hello.");

        /// <summary>Whether the answer is an object, which through the CLI is a call of its own tool.</summary>
        public bool IsObject { get; init; }

        public JsonObject Call()
        {
            var call = JsonNode.Parse(Properties)!.AsObject();
            call["model"] = "sonnet";
            if (Path == Chat)
            {
                call["messages"] ??= JsonNode.Parse("""[{"role":"user","content":"hello"}]""");
            }
            else
            {
                (call["input"], call["store"]) = ("hello", false);
            }

            return call;
        }

        public Scenario ScenarioOn(string route) =>
            IsObject ? route == "direct" ? Scenario.Answer("""{"city":"Oslo"}""") : Scenario.ToolUse("StructuredOutput", """{"city":"Oslo"}""")
            : Scenario.Tool is not { } tool || route == "direct" ? Scenario
            : Scenario with { Tool = OnCli(tool), MoreTools = [.. Scenario.MoreTools.Select(OnCli)] };

        private static ToolCall OnCli(ToolCall tool) => tool with { Name = AgentClients.CliPrefix + tool.Name };
    }

    private sealed record Seen(string Route, JsonElement Answer, RecordedRequest Request)
    {
        public JsonElement Body => Request.Body;

        public JsonElement Message => Answer.GetProperty("choices")[0].GetProperty("message");

        public string? Text => Message.GetProperty("content").GetString();

        public string? Reason => Answer.GetProperty("choices")[0].GetProperty("finish_reason").GetString();

        public double? Number(string name) => Body.TryGetProperty(name, out var value) ? value.GetDouble() : null;

        public bool Source(string block, string type) => Request.Messages[^1].Content.EnumerateArray()
            .Any(part => part.GetProperty("type").GetString() == block && part.GetProperty("source").GetProperty("type").GetString() == type);
    }

    /// <summary>A gateway for each route, with a simulator of its own.</summary>
    public sealed class Routes : IAsyncLifetime
    {
        private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-routes-");
        private readonly Dictionary<string, (GatewayProcess Gateway, SimulatorServer Simulator)> _started = [];

        public ValueTask InitializeAsync() => ValueTask.CompletedTask;

        internal async Task<(GatewayProcess Gateway, SimulatorServer Simulator)> GetAsync(string route)
        {
            if (_started.TryGetValue(route, out var started))
            {
                return started;
            }

            var simulator = await SimulatorServer.StartAsync();
            var gateway = await GatewayProcess.StartAsync(
                Path.Combine(_data.FullName, route),
                CancellationToken.None,
                new Dictionary<string, string> { ["ANTHROPIC_API_KEY"] = "sk-ant-none", ["ANTHROPIC_BASE_URL"] = simulator.BaseAddress.ToString().TrimEnd('/') },
                route switch { "direct" => "--Pilotlight:Wire:Direct=Auto", "wire" => "--Pilotlight:Wire:Direct=Never", _ => "--Pilotlight:Wire:Enabled=false" });
            return _started[route] = (gateway, simulator);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (gateway, simulator) in _started.Values)
            {
                await gateway.DisposeAsync();
                await simulator.DisposeAsync();
            }

            _data.Delete(recursive: true);
        }
    }
}
