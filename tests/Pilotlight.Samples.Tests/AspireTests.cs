using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Pilotlight.Aspire.Client;
using Pilotlight.Client;
using Pilotlight.Testing;

namespace Pilotlight.Samples.Tests;

/// <summary>The gateway in an Aspire app host, and what takes it up there.</summary>
public sealed class AspireTests : SampleTest
{
    [Fact]
    public async Task The_app_host_starts_the_gateway_and_what_uses_it_and_the_first_question_is_answered()
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "pilotlight.dll");
        await using var host = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Pilotlight_Samples_Aspire_AppHost>(
            ["--Tool", tool, "--Cli", RealCli.Path, "--Data", Data], Token);
        await using var app = await host.BuildAsync(Token);
        await app.StartAsync(Token);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("web", Token);
        using var web = app.CreateHttpClient("web");

        var answer = await web.GetStringAsync("/ask?text=hello", Token);
        var health = await web.GetStringAsync("/health", Token);
        await app.StopAsync(Token);

        Assert.Contains("You said: “hello”", answer, StringComparison.Ordinal);
        Assert.Equal("Healthy", health);
    }

    [Fact]
    public async Task What_the_app_host_says_of_a_gateway_is_what_the_tool_is_run_with()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true, AssemblyName = typeof(AspireTests).Assembly.GetName().Name });
        builder.Configuration["Parameters:api"] = "sk-ant-secret";
        builder.Configuration["ConnectionStrings:db"] = "Host=db;Database=pilotlight";
        var gateway = builder.AddPilotlight("claude", port: 5160).WithModel("haiku").WithSetting("Pilotlight:Pool:Size", 3).WithTool("/opt/pilotlight.dll").WithDataFolder("/data/p")
            .WithApiKey(builder.AddParameter("api", secret: true)).WithDatabase(builder.AddConnectionString("db")).WithReplicas(3);

        var context = new DistributedApplicationExecutionContext(DistributedApplicationOperation.Publish);
        var first = await ExecutionConfigurationBuilder.Create(gateway.Resource).WithEnvironmentVariablesConfig().BuildAsync(context, NullLogger.Instance, Token);
        var environment = first.EnvironmentVariables.ToDictionary();
        var second = builder.Resources.OfType<PilotlightResource>().Single(resource => resource.Name == "claude-2");
        var run = await ExecutionConfigurationBuilder.Create(second).WithArgumentsConfig().BuildAsync(context, NullLogger.Instance, Token);
        var arguments = run.Arguments.Select(argument => argument.Value).ToArray();

        Assert.Equal("haiku", environment["Pilotlight__Claude__Model"]);
        Assert.Equal("3", environment["Pilotlight__Pool__Size"]);
        Assert.Equal("PostgreSql", environment["Pilotlight__Storage__Provider"]);
        Assert.Equal("{db.connectionString}", environment["Pilotlight__Storage__ConnectionString"]);
        Assert.Equal("{api.value}", environment["ANTHROPIC_API_KEY"]);
        Assert.Equal(["claude", "claude-2", "claude-3"], builder.Resources.OfType<PilotlightResource>().Select(resource => resource.Name));
        Assert.Equal(["/opt/pilotlight.dll", "serve", "--data", "/data/p-2", "--urls"], arguments[..5]);
        Assert.Equal("Endpoint={claude.bindings.http.url}", gateway.Resource.ConnectionStringExpression.ValueExpression);
    }

    [Fact]
    public void Replicas_without_a_database_that_they_share_are_refused()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { DisableDashboard = true, AssemblyName = typeof(AspireTests).Assembly.GetName().Name });

        var fault = Assert.Throws<InvalidOperationException>(() => builder.AddPilotlight("claude").WithReplicas(2));

        Assert.Contains("WithDatabase", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Endpoint=http://gateway:5160;Key=pl_secret", "http://gateway:5160/", "pl_secret")]
    [InlineData("https://gateway/ai", "https://gateway/ai", null)]
    public void A_connection_string_says_where_the_gateway_is_and_which_key_it_is_shown(string text, string address, string? key)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("ConnectionStrings:claude", text)]);

        builder.AddPilotlightClient("claude");

        using var host = builder.Build();
        var options = host.Services.GetRequiredService<PilotlightClient>().Options;
        Assert.Equal((address, key), (options.Address.ToString(), options.ApiKey));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Key=pl_secret")]
    [InlineData("Endpoint=gateway;Key=pl_secret")]
    [InlineData("nonsense pl_secret")]
    public void A_connection_string_without_an_address_is_told_and_never_shown(string? text)
    {
        var fault = Assert.Throws<InvalidOperationException>(() => PilotlightConnection.Parse("claude", text));

        Assert.Contains("'claude'", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pl_secret", fault.Message, StringComparison.Ordinal);
    }
}
