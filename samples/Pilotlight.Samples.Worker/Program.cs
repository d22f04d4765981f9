using Pilotlight.Claude;
using Pilotlight.Samples.Worker;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSingleton<Invoices>();
builder.Services.AddSingleton<Approver>();
builder.Services.AddClaudeCode(claude => builder.Configuration.GetSection("Claude").Bind(claude));

// Functions that need approval need a profile that knows whom to ask.
builder.Services.AddOptions<ClaudeOptions>().Configure<Approver>((claude, approver) =>
    claude.Profiles[ReminderRound.Profile] = new AgentProfileOptions { CanUseTool = approver.AskAsync });
builder.Services.AddHostedService<ReminderRound>();
await builder.Build().RunAsync();
