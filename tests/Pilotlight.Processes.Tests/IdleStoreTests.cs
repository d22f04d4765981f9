using System.Collections.Concurrent;
using CsCheck;

namespace Pilotlight.Processes.Tests;

/// <summary>
/// The store of parked processes under concurrent use, against a model; and whether such a check would find a fault.
/// </summary>
public sealed class IdleStoreTests
{
    private sealed class Item(int id) : PoolItem
    {
        public int Id => id;
    }

    [Fact]
    public void Parallel_use_is_like_some_sequence_of_the_same_operations() => Check(() => new RealStore());

    [Fact]
    public void The_check_finds_a_store_that_looks_before_it_moves()
    {
        var fault = Assert.ThrowsAny<Exception>(() => Check(() => new CarelessStore()));

        Assert.Contains("CsCheck_Seed", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_store_that_is_seldom_asked_does_not_keep_what_left_it()
    {
        var store = new IdleStore<Item>();
        var left = ParkAndRemove(store, 200);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.InRange(left.Count(item => item.IsAlive), 0, 40);
        Assert.Equal(1, store.Count);
        Assert.NotNull(store.TryTake(WorkerState.Leased));
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference[] ParkAndRemove(IdleStore<Item> store, int count)
    {
        store.Park(new Item(-1));
        return [.. Enumerable.Range(0, count).Select(id =>
        {
            var item = new Item(id);
            store.Park(item);
            Assert.True(store.TryRemove(item, WorkerState.Retiring));
            return new WeakReference(item);
        })];
    }

    // Four items are parked. Whatever runs in parallel, what each item was handed out for must be what some order of the same
    // operations, one after the other, gives: an item handed out twice has no such order.
    private static void Check(Func<Store> create)
    {
        var take = Gen.Const(0).Operation<Store>(_ => "take", (store, _) => store.Take());
        var retire = Gen.Int[0, 3].Operation<Store>(id => $"retire {id}", (store, id) => store.Retire(id));
        var park = Gen.Const(0).Operation<Store>(_ => "park another", (store, _) => store.ParkAnother());
        Gen.Const(0).Select(_ => create()).SampleParallel(
            [take, retire, park],
            equal: (one, other) => one.State == other.State,
            print: store => store.State,
            iter: 500);
    }

    /// <summary>Counts what is parked and what is held, by how many.</summary>
    private abstract class Store
    {
        private readonly ConcurrentBag<int> _out = [];
        private int _next = 4;

        public string State => $"parked {Count}, out {_out.Count}, out twice {_out.Count - _out.Distinct().Count()}";

        protected abstract int Count { get; }

        public void Take()
        {
            if (TryTake() is { } id)
            {
                _out.Add(id);
            }
        }

        public void Retire(int id)
        {
            if (TryRemove(id))
            {
                _out.Add(id);
            }
        }

        public void ParkAnother() => Park(Interlocked.Increment(ref _next));

        protected abstract int? TryTake();

        protected abstract bool TryRemove(int id);

        protected abstract void Park(int id);
    }

    private sealed class RealStore : Store
    {
        private readonly IdleStore<Item> _store = new();
        private readonly Item[] _items = [.. Enumerable.Range(0, 4).Select(id => new Item(id))];

        public RealStore() => Array.ForEach(_items, _store.Park);

        protected override int Count => _store.Count;

        protected override int? TryTake() => _store.TryTake(WorkerState.Leased)?.Id;

        protected override bool TryRemove(int id) => _store.TryRemove(_items[id], WorkerState.Retiring);

        protected override void Park(int id) => _store.Park(new Item(id));
    }

    // The planted fault: between the look and the move somebody else may have moved it.
    private sealed class CarelessStore : Store
    {
        private readonly bool[] _idle = [.. Enumerable.Range(0, 1_000).Select(id => id < 4)];

        protected override int Count => _idle.Count(idle => idle);

        protected override int? TryTake()
        {
            for (var id = 0; id < _idle.Length; id++)
            {
                if (TryRemove(id))
                {
                    return id;
                }
            }

            return null;
        }

        protected override bool TryRemove(int id)
        {
            if (!Volatile.Read(ref _idle[id]))
            {
                return false;
            }

            Thread.Yield();
            Volatile.Write(ref _idle[id], false);
            return true;
        }

        protected override void Park(int id) => Volatile.Write(ref _idle[id], true);
    }
}
