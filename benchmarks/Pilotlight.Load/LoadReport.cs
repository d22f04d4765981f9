using System.Globalization;
using System.Text;
using System.Text.Json;
using Pilotlight.Tool.Bench;

namespace Pilotlight.Load;

/// <summary>What a number of conversations at a time did; cores are CPU seconds a second.</summary>
internal sealed record LoadStep
{
    public int Users { get; init; }
    public int Turns { get; init; }
    public int Failed { get; init; }
    public IReadOnlyList<string> Faults { get; init; } = [];
    public double TurnsPerSecond { get; init; }
    public IReadOnlyList<double> FirstTokenMs { get; init; } = [];
    public double Hot { get; init; }
    public double Warm { get; init; }
    public double Cold { get; init; }
    public double GatewayCores { get; init; }
    public double CliCores { get; init; }
    public double ModelCores { get; init; }
    public double UserCores { get; init; }
    public double GatewayMiB { get; init; }
    public double CliMiB { get; init; }
    public int CliProcesses { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Users} at a time: {Turns} turns ({Failed} failed{(Faults.Count > 0 ? ": " + string.Join("; ", Faults) : "")}), first token {Quantiles.Median(FirstTokenMs):0} ms, p95 {Quantiles.P95(FirstTokenMs):0}; {GatewayCores + CliCores:0.00} cores");
}

/// <summary>The steps of a load run.</summary>
internal sealed record LoadReport(Machine Machine, TimeSpan Window, bool IsShipped, IReadOnlyList<LoadStep> Steps)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public string ToJson() => JsonSerializer.Serialize(new { machine = Machine, windowSeconds = Window.TotalSeconds, asShipped = IsShipped, modelFirstTokenMs = 400, steps = Steps }, s_json);

    public string ToMarkdown()
    {
        var text = new StringBuilder()
            .AppendLine("| at a time | turns/s | first token: p50 | p95 | p99 | hot / warm / cold | failed | cores: gateway | CLI | model and users | memory: gateway | CLI (processes) |")
            .AppendLine("| --: | --: | --: | --: | --: | --- | --: | --: | --: | --: | --: | --- |");
        foreach (var step in Steps)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {step.Users} | {step.TurnsPerSecond:0.00} | {Quantiles.Median(step.FirstTokenMs):0} ms | {Quantiles.P95(step.FirstTokenMs):0} | {Quantiles.Of(step.FirstTokenMs, 0.99):0} | {step.Hot * 100:0} / {step.Warm * 100:0} / {step.Cold * 100:0} % | {step.Failed} of {step.Turns} | {step.GatewayCores:0.00} | {step.CliCores:0.00} | {step.ModelCores + step.UserCores:0.00} | {step.GatewayMiB:0} MiB | {step.CliMiB / 1024:0.0} GiB ({step.CliProcesses}) |");
        }

        return text.AppendLine()
            .AppendLine(CultureInfo.InvariantCulture, $"The simulated model waits 400 ms before its first word, which is in the first-token times, and speaks 60 words a second; answers of 60 to 180 words, a second to three of thought between turns, a new conversation every five; {Window.TotalSeconds:0} s a step; {(IsShipped ? "settings as shipped: 8 hot conversations, 32 processes" : "room for 64 hot conversations and 96 processes")}. Measured on {Machine}.")
            .ToString();
    }

    public string ToPicture()
    {
        var drawing = new Drawing(960, 560);
        var users = Steps.Select(step => (double)step.Users).ToArray();
        Panel(0, 0, "First token, ms", ("hot", "p50", step => Quantiles.Median(step.FirstTokenMs)), ("warm", "p95", step => Quantiles.P95(step.FirstTokenMs)));
        Panel(1, 0, "Turns a second", ("floor", "", step => step.TurnsPerSecond));
        Panel(0, 1, "Cores in use", ("hot", "gateway", step => step.GatewayCores), ("stored", "CLI", step => step.CliCores), ("cold", "all", step => step.GatewayCores + step.CliCores + step.ModelCores + step.UserCores));
        Panel(1, 1, "Memory of the CLI's processes, GiB", ("stored", "", step => step.CliMiB / 1024));
        return drawing.ToFile("The gateway under load, by conversations at a time");

        void Panel(int column, int row, string title, params (string Style, string Label, Func<LoadStep, double> Value)[] lines) =>
            LoadPanel.Draw(drawing, 20 + (column * 470), 20 + (row * 275), title, users, [.. lines.Select(line => (line.Style, line.Label, Steps.Select(line.Value).ToArray()))]);
    }
}
