using Pilotlight.Client;
using Pilotlight.Client.Problems;

namespace Pilotlight.Tool.Client;

/// <summary>Clients of gateways, as the commands use them.</summary>
/// <remarks>A gateway with keys wants one: the environment's PILOTLIGHT_API_KEY is sent when it is set.</remarks>
internal static class Gateways
{
    private const string KeyVariable = "PILOTLIGHT_API_KEY";

    public static PilotlightClient Open(Uri address) =>
        new(new PilotlightClientOptions { Address = address, ApiKey = Environment.GetEnvironmentVariable(KeyVariable) });

    /// <summary>What a person is told of a refusal.</summary>
    public static string Explain(PilotlightException refused) =>
        refused.Problem.Status == 401 ? $"{refused.Message} Set {KeyVariable} to one for this command." : refused.Message;
}
