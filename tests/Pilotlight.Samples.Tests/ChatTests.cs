using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Pilotlight.Processes;
using Pilotlight.Samples.Chat;
using Pilotlight.Simulator;
using Pilotlight.Testing;

namespace Pilotlight.Samples.Tests;

/// <summary>The chat in ASP.NET, on the real CLI and the simulator.</summary>
public sealed class ChatTests : SampleTest
{
    [Fact]
    public async Task The_page_is_served_and_a_conversation_streams_goes_on_and_tells_a_fault()
    {
        await using var simulator = await SimulatorServer.StartAsync(cancellationToken: Token);
        await using var sample = new WebApplicationFactory<Answers>().WithWebHostBuilder(web => web
            .UseSetting("Claude:Path", RealCli.Path)
            .UseSetting("Claude:ApiKey", "simulated")
            .UseSetting("Claude:BaseUrl", simulator.BaseAddress.ToString().TrimEnd('/'))
            .UseSetting("Claude:HomeDirectory", Data)
            .ConfigureTestServices(services => services.Configure<WarmPoolOptions>(pool => pool.MinIdle = 1)));
        using var http = sample.CreateClient();

        var page = await http.GetStringAsync("/", Token);
        var first = await AskAsync(http, "My name is Ada.");
        simulator.Enqueue(Scenario.Answer("line one\nline two"));
        var second = await AskAsync(http, "Two lines, please.");
        simulator.Enqueue(Scenario.Status(401, message: "invalid x-api-key"));
        var third = await AskAsync(http, "and now?");

        Assert.Contains("<title>Chat</title>", page, StringComparison.Ordinal);
        Assert.True(first.Count(item => item.EventType == "text") > 1, "The answer came in one piece.");
        Assert.Contains("You said: “My name is Ada.”", Text(first), StringComparison.Ordinal);
        Assert.Equal("end", first[^1].EventType);
        Assert.Contains("line one\nline two", Text(second), StringComparison.Ordinal);
        Assert.Contains("My name is Ada.", simulator.MessageRequests[1].Body.GetProperty("messages").GetRawText(), StringComparison.Ordinal);
        Assert.True(third[^1].EventType == "fault", $"The fault was told as {third[^1].EventType}: {Text(third)}");
        Assert.NotEqual("", third[^1].Data);
    }

    private async Task<List<SseItem<string>>> AskAsync(HttpClient http, string text)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = JsonContent.Create(new Question("c-1", text)) };
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(Token);
        var items = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Token))
        {
            items.Add(item);
        }

        return items;
    }

    private static string Text(IEnumerable<SseItem<string>> items) => string.Concat(items.Where(item => item.EventType == "text").Select(item => item.Data));
}
