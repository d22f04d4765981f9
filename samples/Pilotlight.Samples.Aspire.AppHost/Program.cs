var builder = DistributedApplication.CreateBuilder(args);

var claude = builder.AddPilotlight("claude").WithModel("haiku").WithSimulator();
builder.AddProject<Projects.Pilotlight_Samples_Aspire_Web>("web").WithHttpEndpoint().WithReference(claude).WaitFor(claude);

// From this repository: dotnet run -- --Tool ../../pilotlight
if (builder.Configuration["Tool"] is { Length: > 0 } tool)
{
    claude.WithTool(Path.GetFullPath(tool, builder.AppHostDirectory));
}

if (builder.Configuration["Cli"] is { Length: > 0 } cli)
{
    claude.WithCli(cli);
}

if (builder.Configuration["Data"] is { Length: > 0 } data)
{
    claude.WithDataFolder(data);
}

builder.Build().Run();
