using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);
builder.AddPilotlightClient("claude");

var app = builder.Build();
app.MapHealthChecks("/health");
app.MapGet("/ask", async (string text, IChatClient chat, CancellationToken cancellationToken) =>
    (await chat.GetResponseAsync(text, cancellationToken: cancellationToken)).Text);
app.Run();
