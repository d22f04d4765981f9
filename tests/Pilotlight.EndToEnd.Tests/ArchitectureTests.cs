using System.Reflection;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;
using NetArchTest.Rules;
using Pilotlight.Claude.Conversations;
using Pilotlight.Client;
using Pilotlight.Cluster;
using Pilotlight.Core;
using Pilotlight.Gateway;
using Pilotlight.Processes;
using Pilotlight.Simulator;
using Pilotlight.Storage;
using Pilotlight.Storage.PostgreSql;
using Pilotlight.Storage.Sqlite;
using Pilotlight.WebConsole;
using Pilotlight.Wire;

namespace Pilotlight.EndToEnd.Tests;

/// <summary>Processes ← Claude ← core ← edges ← tool, and nothing the other way; no circle between the namespaces of a project.</summary>
public sealed class ArchitectureTests
{
    public static TheoryData<string, string[]> Forbidden => new()
    {
        { "Pilotlight.Processes", ["Pilotlight.Claude", "Pilotlight.Core", "Pilotlight.Gateway", "Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Microsoft.Extensions.AI"] },
        { "Pilotlight.Wire", ["Pilotlight.Processes", "Pilotlight.Claude", "Pilotlight.Core", "Pilotlight.Gateway", "Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool"] },
        { "Pilotlight.Claude", ["Pilotlight.Core", "Pilotlight.Gateway", "Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore"] },
        { "Pilotlight.Claude.Protocol", ["Pilotlight.Processes", "Pilotlight.Claude.Sessions", "Pilotlight.Claude.Chat", "Microsoft.Extensions.AI"] },
        { "Pilotlight.Core", ["Pilotlight.Gateway", "Pilotlight.WebConsole", "Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.AspNetCore", "Microsoft.EntityFrameworkCore", "Orleans", "Npgsql", "Microsoft.Data.Sqlite"] },
        { "Pilotlight.Gateway", ["Pilotlight.WebConsole", "Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.EntityFrameworkCore", "Orleans", "Npgsql", "Microsoft.Data.Sqlite"] },
        { "Pilotlight.WebConsole", ["Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.EntityFrameworkCore", "Orleans"] },
        { "Pilotlight.Storage", ["Pilotlight.Gateway", "Pilotlight.WebConsole", "Microsoft.AspNetCore", "Pilotlight.Simulator", "Pilotlight.Tool", "Pilotlight.Processes", "Orleans"] },
        { "Pilotlight.Simulator", ["Pilotlight.Claude", "Pilotlight.Core", "Pilotlight.Gateway", "Pilotlight.Storage", "Pilotlight.Processes", "Pilotlight.Tool"] },
        { "Pilotlight.Cluster", ["Pilotlight.Gateway", "Pilotlight.WebConsole", "Pilotlight.Storage", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.EntityFrameworkCore"] },
        { "Pilotlight.Client", ["Pilotlight.Claude", "Pilotlight.Core", "Pilotlight.Gateway", "Pilotlight.Storage", "Pilotlight.Processes", "Pilotlight.Simulator", "Pilotlight.Tool", "Microsoft.AspNetCore"] },
    };

    private static readonly Assembly[] s_assemblies =
    [
        typeof(WarmPool).Assembly, typeof(Relay).Assembly, typeof(IClaudeConversations).Assembly, typeof(CoreRegistration).Assembly, typeof(GatewayRegistration).Assembly,
        typeof(PilotlightDbContext).Assembly, typeof(SqliteStorage).Assembly, typeof(PostgreSqlStorage).Assembly, typeof(SimulatorServer).Assembly, typeof(ConsoleRegistration).Assembly,
        typeof(PilotlightClient).Assembly, typeof(ClusterRegistration).Assembly,
    ];

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void A_layer_knows_nothing_of_those_above_it(string layer, string[] others)
    {
        var types = Types.InAssemblies(s_assemblies).That().ResideInNamespaceStartingWith(layer);

        var result = types.ShouldNot().HaveDependencyOnAny(others).GetResult();

        Assert.NotEmpty(types.GetTypes());
        Assert.True(result.IsSuccessful, $"{layer} must not know {string.Join(", ", others)}, but these do: {string.Join(", ", result.FailingTypeNames ?? [])}");
    }

    public static TheoryData<string> Projects => [.. s_assemblies.Select(assembly => assembly.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void The_namespaces_of_a_project_form_no_circle(string project)
    {
        var assembly = s_assemblies.Single(one => one.GetName().Name == project);
        var root = project == "Pilotlight.Console" ? "Pilotlight.WebConsole" : project;

        var rule = SliceRuleDefinition.Slices().Matching(root + ".(*)").Should().BeFreeOfCycles();

        var faults = rule.Evaluate(new ArchLoader().LoadAssembly(assembly).Build()).Where(result => !result.Passed).Select(result => result.Description);
        Assert.True(!faults.Any(), string.Join('\n', faults));
    }

    [Fact]
    public void The_rule_finds_a_dependency_that_is_there()
    {
        var result = Types.InAssembly(typeof(IClaudeConversations).Assembly).That().ResideInNamespaceStartingWith("Pilotlight.Claude.Sessions")
            .ShouldNot().HaveDependencyOnAny("Pilotlight.Processes").GetResult();

        Assert.False(result.IsSuccessful);
    }
}
