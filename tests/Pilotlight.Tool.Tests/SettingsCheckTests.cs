using Microsoft.Extensions.Configuration;
using Pilotlight.Gateway.Http;
using Pilotlight.Tool.Settings;

namespace Pilotlight.Tool.Tests;

public sealed class SettingsCheckTests
{
    [Fact]
    public void Good_settings_have_no_faults() => Assert.Empty(Faults(
        ("Pool:Size", "4"),
        ("Pool:MaxAge", "01:00:00"),
        ("Claude:Model", "haiku"),
        ("Claude:PassEnvironment:0", "LANG"),
        ("Claude:Profiles:coder:Tools:0", "Bash"),
        ("Storage:Provider", "Sqlite"),
        ("Sessions:MaxHot", "3")));

    [Fact]
    public void No_settings_have_no_faults() => Assert.Empty(Faults());

    [Theory]
    [InlineData("Pool:Size", "many", "Pilotlight:Pool:Size is 'many', which is not a whole number.")]
    [InlineData("Relay:Heartbeat", "soon", "Pilotlight:Relay:Heartbeat is 'soon', which is not a time such as 00:00:30.")]
    [InlineData("Storage:Provider", "Paper", "Pilotlight:Storage:Provider is 'Paper', which is not one of Sqlite, PostgreSql.")]
    public void A_value_of_the_wrong_kind_is_named_with_the_right_one(string key, string value, string fault) =>
        Assert.Equal(fault, Assert.Single(Faults((key, value))));

    [Theory]
    [InlineData("Pool:MaxProcesses", "0", "It is '0'.")]
    [InlineData("Claude:Model", "", "Pilotlight:Claude")]
    [InlineData("Pool:MinIdle", "20", "MaxIdle (8) is less than MinIdle (20). Raise MaxIdle, or set Size.")]
    public void A_value_out_of_range_is_named(string key, string value, string part) =>
        Assert.Contains(part, Assert.Single(Faults((key, value))), StringComparison.Ordinal);

    [Fact]
    public void A_setting_that_does_not_exist_is_named_with_those_that_do()
    {
        var fault = Assert.Single(Faults(("Pool:Sise", "4")));

        Assert.StartsWith("Pilotlight:Pool:Sise is not a setting; there are ", fault, StringComparison.Ordinal);
        Assert.Contains("Size", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Claude:Profiles:box:Sendbox", "Full", "WorkingDirectory")]
    [InlineData("Claude:Profiles:box:McpServers:files:Comand", "mcp", "Command")]
    [InlineData("Claude:Profiles:box:CanUseTool", "always", "Tools")]
    public void One_inside_a_profile_stops_the_start_as_well(string key, string value, string known)
    {
        var fault = Faults((key, value))[0];

        Assert.StartsWith($"Pilotlight:{key} is not a setting; there are ", fault, StringComparison.Ordinal);
        Assert.Contains(known, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("Hooks", fault, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] settings) => SettingsCheck.Faults(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create("Pilotlight:" + pair.Key, (string?)pair.Value))).Build());
}
