using Microsoft.Extensions.Time.Testing;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;

namespace Pilotlight.Core.Tests.Access;

/// <summary>Keys: made once, checked without telling anything, gone when revoked.</summary>
public sealed class KeyTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    private readonly MemoryKeys _store = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private KeyService Service => field ??= new KeyService(_store, _time);

    [Fact]
    public async Task A_key_opens_until_it_is_revoked_and_its_text_is_stored_nowhere()
    {
        var (key, text) = await Service.CreateAsync("  Ada  ", isAdmin: true, new KeyLimits(UsdPerDay: 1), Token);

        Assert.StartsWith("pl_" + key.Id + "_", text, StringComparison.Ordinal);
        Assert.Equal("Ada", key.Name);
        Assert.Equal(key.Id, (await Service.VerifyAsync(text, Token))?.Id);
        var stored = Assert.Single(_store.Keys);
        Assert.Equal((32, 32), (stored.Salt.Length, stored.Hash.Length));
        Assert.DoesNotContain(text, stored.ToString(), StringComparison.Ordinal);

        Assert.True(await Service.RevokeAsync(key.Id, Token));
        Assert.Null(await Service.VerifyAsync(text, Token));
        Assert.True(await Service.AreNeededAsync(Token));
    }

    [Fact]
    public async Task What_is_no_key_of_ours_opens_nothing()
    {
        var (_, text) = await Service.CreateAsync("Ada", false, KeyLimits.None, Token);
        var swapped = KeyText.Create().Key;
        var last = text[^1] == 'a' ? 'b' : 'a';

        foreach (var wrong in new[] { "", "pl_", "sk-ant-x", text[..^1], text[..^1] + last, text + "a", text.ToUpperInvariant(), swapped, new string('x', 100_000) })
        {
            Assert.Null(await Service.VerifyAsync(wrong, Token));
        }

        // The right id with another secret, its checksum right.
        var forged = KeyText.Compose(text.Substring(3, 12), new byte[32]);
        Assert.Equal(text.Substring(3, 12), KeyText.ReadId(forged));
        Assert.Null(await Service.VerifyAsync(forged, Token));
    }

    [Fact]
    public async Task A_key_that_another_process_revoked_opens_nothing_a_second_later()
    {
        var (key, text) = await Service.CreateAsync("Ada", false, KeyLimits.None, Token);
        Assert.NotNull(await Service.VerifyAsync(text, Token));
        var reads = _store.ListReads;

        await _store.RevokeAsync(key.Id, _time.GetUtcNow(), Token);
        Assert.NotNull(await Service.VerifyAsync(text, Token));
        _time.Advance(TimeSpan.FromSeconds(1.1));

        Assert.Null(await Service.VerifyAsync(text, Token));
        _time.Advance(TimeSpan.FromSeconds(1.1));
        Assert.Null(await Service.VerifyAsync(text, Token));
        Assert.Equal(reads + 1, _store.ListReads);
    }

    [Fact]
    public async Task When_a_key_was_last_used_is_stored_later()
    {
        var (key, text) = await Service.CreateAsync("Ada", false, KeyLimits.None, Token);
        await Service.VerifyAsync(text, Token);
        _time.Advance(TimeSpan.FromMinutes(1));
        await Service.VerifyAsync(text, Token);

        await Service.SaveUseAsync(Token);
        await Service.SaveUseAsync(Token);

        Assert.Equal([(key.Id, _time.GetUtcNow())], _store.Touched);
    }

    [Fact]
    public async Task Faults_of_a_new_key_are_told_all_at_once()
    {
        var problem = await Assert.ThrowsAsync<ProblemException>(
            () => Service.CreateAsync(" ", false, new KeyLimits(UsdPerDay: -1, RequestsPerMinute: 0, ConcurrentTurns: 0, Models: []), Token));

        Assert.Equal(ProblemKinds.InvalidRequest, problem.Problem.Kind);
        foreach (var part in new[] { "name", "negative", "requestsPerMinute is 0", "concurrentTurns is 0", "empty list" })
        {
            Assert.Contains(part, problem.Message, StringComparison.Ordinal);
        }

        Assert.Empty(_store.Keys);
    }

    [Theory]
    [InlineData("?api_key={0}", true)]
    [InlineData("?search=x&y=Bearer%20{0}", true)]
    [InlineData("?search=pl_dashboard", false)]
    [InlineData("?cursor=thr_0123", false)]
    public void A_key_in_a_query_is_recognised(string query, bool isIn) =>
        Assert.Equal(isIn, KeyText.IsIn(string.Format(System.Globalization.CultureInfo.InvariantCulture, query, KeyText.Create().Key)));

    private sealed class MemoryKeys : IKeyStore
    {
        private long _version;

        public List<StoredKey> Keys { get; } = [];

        public List<(string, DateTimeOffset)> Touched { get; } = [];

        public int ListReads { get; private set; }

        public Task CreateAsync(StoredKey key, CancellationToken cancellationToken)
        {
            Keys.Add(key);
            _version++;
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<StoredKey>> ListAsync(CancellationToken cancellationToken)
        {
            ListReads++;
            return Task.FromResult<IReadOnlyList<StoredKey>>([.. Keys]);
        }

        public Task<bool> RevokeAsync(string id, DateTimeOffset at, CancellationToken cancellationToken)
        {
            var index = Keys.FindIndex(stored => stored.Key.Id == id);
            Keys[index] = Keys[index] with { Key = Keys[index].Key with { RevokedAt = at } };
            _version++;
            return Task.FromResult(true);
        }

        public Task<long> ReadVersionAsync(CancellationToken cancellationToken) => Task.FromResult(_version);

        public Task TouchAsync(IReadOnlyDictionary<string, DateTimeOffset> lastUsed, CancellationToken cancellationToken)
        {
            Touched.AddRange(lastUsed.Select(pair => (pair.Key, pair.Value)));
            return Task.CompletedTask;
        }
    }
}
