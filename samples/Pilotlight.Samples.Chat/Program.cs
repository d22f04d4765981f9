using Microsoft.Extensions.AI;
using Pilotlight.Claude;
using Pilotlight.Samples.Chat;

var builder = WebApplication.CreateBuilder(args);

// Processes are parked before the first call and drained when the host stops. Settings stand in the section "Claude".
builder.Services.AddClaudeCode(claude => builder.Configuration.GetSection("Claude").Bind(claude));
builder.Services.AddSingleton<Answers>();

var app = builder.Build();
app.UseFileServer(); // wwwroot/index.html
app.MapPost("/chat", (Question question, Answers answers, CancellationToken cancellationToken) =>
    TypedResults.ServerSentEvents(answers.StreamAsync(question, cancellationToken)));
app.Run();
