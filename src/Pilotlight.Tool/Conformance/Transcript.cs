using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Pilotlight.Tool.Conformance;

/// <summary>Makes what a CLI printed fit to be kept: no ids, no places of this machine.</summary>
internal static partial class Transcript
{
    /// <summary>The lines with ids numbered in the order in which they came, and without what only this machine's start-up says.</summary>
    public static IEnumerable<string> Scrub(IEnumerable<string> lines)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var placeless = Project().Replace(Socket().Replace(WithoutStartUp(line), "\"messaging_socket_path\":\"/home/user/socket\""), "projects/-home-user/");
            yield return Id().Replace(placeless, match =>
            {
                if (!ids.TryGetValue(match.Value, out var number))
                {
                    ids[match.Value] = number = (match.Groups["prefix"].Success ? match.Groups["prefix"].Value : "id-")
                        + (ids.Count + 1).ToString(CultureInfo.InvariantCulture);
                }

                return number;
            });
        }
    }

    // The answer to initialize lists commands, agents, models and the account.
    private static string WithoutStartUp(string line)
    {
        if (line.Contains("\"control_response\"", StringComparison.Ordinal) && JsonNode.Parse(line) is JsonObject answer
            && answer["response"]?["response"] is JsonObject content && content.ContainsKey("commands"))
        {
            answer["response"]!["response"] = new JsonObject();
            return answer.ToJsonString();
        }

        return line;
    }

    [GeneratedRegex("\"messaging_socket_path\":\"[^\"]*\"")]
    private static partial Regex Socket();

    [GeneratedRegex("projects/-[^/\"]*/")]
    private static partial Regex Project();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<prefix>msg_sim_|toolu_sim_|req_sim_)[0-9a-f]{32}")]
    private static partial Regex Id();
}
