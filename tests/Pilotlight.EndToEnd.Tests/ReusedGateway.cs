using Pilotlight.Simulator;
using Pilotlight.Testing;

[assembly: AssemblyFixture(typeof(Pilotlight.EndToEnd.Tests.ReusedGateways))]

namespace Pilotlight.EndToEnd.Tests;

/// <summary>A gateway and the simulator behind it, lent to one test at a time; tests that ask for the same settings use it one after the other.</summary>
/// <remarks>
/// A start costs seconds of processor time. The simulator is as new for each test; the gateway has the threads and the usage of those before. A test that looks at all
/// of them, that makes keys, or that brings the gateway into a state which outlives it, starts its own.
/// </remarks>
public sealed class ReusedGateway : IAsyncDisposable
{
    private readonly Machine _machine;

    private ReusedGateway(Machine machine) => _machine = machine;

    /// <summary>Lends one with these settings, starting it if none is idle.</summary>
    public static async Task<ReusedGateway> TakeAsync(CancellationToken cancellationToken, params string[] settings) =>
        new(ReusedGateways.Take(settings) ?? await Machine.StartAsync(settings, cancellationToken));

    public void Deconstruct(out GatewayProcess gateway, out SimulatorServer simulator) => (gateway, simulator) = (_machine.Gateway, _machine.Simulator);

    public async ValueTask DisposeAsync()
    {
        if (!await _machine.IsAtRestAsync())
        {
            await _machine.DisposeAsync();
            return;
        }

        _machine.Simulator.Clear();
        _machine.Gateway.Http.DefaultRequestHeaders.Clear();
        await ReusedGateways.GiveBackAsync(_machine);
    }

    /// <summary>One of them, with its data folder.</summary>
    internal sealed class Machine : IAsyncDisposable
    {
        // Each test leaves conversations that nobody goes on with.
        private const string FewHot = "--Pilotlight:Sessions:MaxHot=2";

        private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(2);

        private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("pilotlight-e2e-");

        private Machine(SimulatorServer simulator, IReadOnlyList<string> settings) => (Simulator, Settings) = (simulator, settings);

        public IReadOnlyList<string> Settings { get; }

        public SimulatorServer Simulator { get; }

        public GatewayProcess Gateway { get; private set; } = null!;

        public static async Task<Machine> StartAsync(IReadOnlyList<string> settings, CancellationToken cancellationToken)
        {
            var machine = new Machine(await SimulatorServer.StartAsync(cancellationToken: cancellationToken), settings);
            machine.Gateway = await GatewayProcess.StartOnAsync(machine.Simulator, machine._data.FullName, cancellationToken, [FewHot, GatewayProcess.OneParked, .. settings]);
            return machine;
        }

        /// <summary>Whether no turn of the last test runs on: one that does is not for the next. Processes that hold its conversations may stay.</summary>
        public async Task<bool> IsAtRestAsync()
        {
            using var limit = new CancellationTokenSource(RestLimit);
            try
            {
                while ((await Gateway.GetAsync("/api/cluster", limit.Token)).GetProperty("nodes")[0].GetProperty("running").GetInt32() > 0)
                {
                    await Task.Delay(20, limit.Token);
                }

                return true;
            }
            catch (Exception fault) when (fault is OperationCanceledException or HttpRequestException)
            {
                return false;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Simulator.DisposeAsync();
            _data.Delete(recursive: true);
        }
    }
}

/// <summary>The gateways that no test uses just now; ended when all tests are done.</summary>
public sealed class ReusedGateways : IAsyncDisposable
{
    // So many settings, about, are asked for in turn by the classes that run at a time.
    private const int MostIdle = 5;

    private static readonly Lock s_gate = new();

    // The one that was used last stands last.
    private static readonly List<ReusedGateway.Machine> s_idle = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in s_idle)
        {
            await machine.DisposeAsync();
        }
    }

    internal static ReusedGateway.Machine? Take(IReadOnlyList<string> settings)
    {
        lock (s_gate)
        {
            var found = s_idle.FindLast(machine => machine.Settings.SequenceEqual(settings));
            if (found is not null)
            {
                s_idle.Remove(found);
            }

            return found;
        }
    }

    internal static async ValueTask GiveBackAsync(ReusedGateway.Machine machine)
    {
        ReusedGateway.Machine? surplus = null;
        lock (s_gate)
        {
            s_idle.Add(machine);
            if (s_idle.Count > MostIdle)
            {
                surplus = s_idle[0];
                s_idle.RemoveAt(0);
            }
        }

        if (surplus is not null)
        {
            await surplus.DisposeAsync();
        }
    }
}
