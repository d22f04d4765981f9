using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Pilotlight.Client.Http;
using Pilotlight.Client.Problems;
using Pilotlight.Client.Turns;

namespace Pilotlight.Client.Tests;

/// <summary>How a broken stream is found and how long it is tried again, by a clock of the test's own.</summary>
public sealed class FollowingTests
{
    private const string Started = """id: 1\nevent: turn.started\ndata: {"turnId":"trn_1","messageId":"msg_1","acquire":{"source":"hot","ms":1}}\n\n""";
    private const string Unknown = """id: 2\nevent: weather.changed\ndata: {"to":"rain"}\n\n""";
    private const string Ended = """id: 3\nevent: turn.cancelled\ndata: {}\n\n""";

    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stream_that_falls_silent_is_opened_again_after_its_last_event()
    {
        var silent = new SilentStream(Started + Unknown);
        using var handler = new Scripted(Stream(silent), Stream(new MemoryStream(Bytes(Ended))));
        using var client = new PilotlightClient(new PilotlightClientOptions { IdleTimeout = TimeSpan.FromSeconds(30) }, handler, _time);

        var reading = client.RunTurnAsync("thr_1", "hi", Token).ToListAsync(Token).AsTask();
        await silent.Waiting.WaitAsync(Token);
        _time.Advance(TimeSpan.FromSeconds(31));
        await PassTimeUntilAsync(reading);

        var events = await reading;
        Assert.Equal(["TurnStarted", "OtherEvent", "TurnCancelled"], events.Select(turnEvent => turnEvent.GetType().Name));
        Assert.Equal("weather.changed", Assert.IsType<OtherEvent>(events[1]).Type);
        Assert.Equal(["POST api/threads/thr_1/turns -", "GET api/threads/thr_1/turns/trn_1/events 2"], handler.Asked);
    }

    [Fact]
    public async Task A_turn_that_cannot_be_joined_any_more_is_given_up_with_its_reason()
    {
        using var handler = new Scripted(Stream(new MemoryStream(Bytes(Started)))) { Otherwise = () => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused") };
        using var client = new PilotlightClient(new PilotlightClientOptions { ReconnectTimeout = TimeSpan.FromSeconds(20) }, handler, _time);
        var startedAt = _time.GetTimestamp();

        var reading = client.RunTurnAsync("thr_1", "hi", Token).ToListAsync(Token).AsTask();
        await PassTimeUntilAsync(reading);

        var given = await Assert.ThrowsAsync<PilotlightException>(() => reading);
        Assert.Equal(GatewayProblem.Unreachable, given.Problem.Kind);
        Assert.Contains("within 20 s", given.Message, StringComparison.Ordinal);
        Assert.InRange(_time.GetElapsedTime(startedAt), TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(40));
    }

    [Theory]
    [InlineData(409, "thread-busy")]
    [InlineData(503, "too-many-turns")]
    [InlineData(400, "invalid-request")]
    public async Task What_the_gateway_refuses_is_not_asked_again(int status, string kind)
    {
        using var handler = new Scripted(new HttpResponseMessage((HttpStatusCode)status)
        {
            Content = new StringContent($$"""{"type":"urn:pilotlight:problem:{{kind}}","title":"No","detail":"Not now."}""", Encoding.UTF8, "application/problem+json"),
        });
        using var client = new PilotlightClient(handler: handler, time: _time);

        var refused = await Assert.ThrowsAsync<PilotlightException>(async () => await client.RunTurnAsync("thr_1", "hi", Token).ToListAsync(Token));

        Assert.Equal((kind, status, "Not now."), (refused.Problem.Kind, refused.Problem.Status, refused.Message));
        Assert.Single(handler.Asked);
    }

    [Theory]
    [InlineData("ftp://somewhere")]
    [InlineData("somewhere")]
    public void A_wrong_address_is_named(string address)
    {
        var wrong = Assert.Throws<ArgumentException>(() => new PilotlightClient(new PilotlightClientOptions { Address = new Uri(address, UriKind.RelativeOrAbsolute) }));

        Assert.Contains(address, wrong.Message, StringComparison.Ordinal);
    }

    /// <summary>Moves the clock over each wait between two tries until the reading has ended.</summary>
    private async Task PassTimeUntilAsync(Task reading)
    {
        while (!reading.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.WhenAny(reading, Task.Delay(1, Token));
        }
    }

    private static HttpResponseMessage Stream(Stream body)
    {
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(body) };
        response.Headers.Add("x-pilotlight-turn", "trn_1");
        return response;
    }

    private static byte[] Bytes(string events) => Encoding.UTF8.GetBytes(events.Replace("\\n", "\n", StringComparison.Ordinal));

    /// <summary>Brings its text, then nothing for ever.</summary>
    private sealed class SilentStream(string text) : MemoryStream(Bytes(text))
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Waiting => _waiting.Task;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position < Length)
            {
                return await base.ReadAsync(buffer, cancellationToken);
            }

            _waiting.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return 0;
        }
    }

    private sealed class Scripted(params HttpResponseMessage[] responses) : HttpMessageHandler
    {
        private readonly Queue<HttpResponseMessage> _responses = new(responses);

        public List<string> Asked { get; } = [];

        public Func<HttpResponseMessage> Otherwise { get; init; } = () => throw new InvalidOperationException("Nothing more was scripted.");

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var last = request.Headers.TryGetValues("Last-Event-ID", out var id) ? id.Single() : "-";
            Asked.Add($"{request.Method} {request.RequestUri!.AbsolutePath[1..]} {last}");
            return Task.FromResult(_responses.TryDequeue(out var next) ? next : Otherwise());
        }
    }
}
