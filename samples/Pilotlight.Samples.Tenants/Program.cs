using Pilotlight.Client.Problems;
using Pilotlight.Samples.Tenants;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton<Tenants>();
builder.Services.AddProblemDetails();

var app = builder.Build();

// What the gateway refuses, a budget that is used up for instance, is told in its words and with its status.
app.UseExceptionHandler(errors => errors.Run(async http =>
{
    var fault = http.Features.Get<Microsoft.AspNetCore.Diagnostics.IExceptionHandlerFeature>()?.Error;
    var problem = (fault as PilotlightException)?.Problem;
    await TypedResults.Problem(problem?.Detail, statusCode: problem?.Status ?? StatusCodes.Status500InternalServerError, title: problem?.Title).ExecuteAsync(http);
}));

// Who calls is your sign-in's affair; here the path says it.
var tenant = app.MapGroup("/{tenant}").AddEndpointFilter(async (context, next) =>
    app.Services.GetRequiredService<Tenants>().Knows((string)context.HttpContext.GetRouteValue("tenant")!) ? await next(context) : TypedResults.NotFound());

tenant.MapPost("/threads", async (string tenant, Tenants tenants, CancellationToken cancellationToken) =>
    (await tenants.Of(tenant).CreateThreadAsync(cancellationToken: cancellationToken)).Id);

tenant.MapPost("/threads/{thread}", async (string tenant, string thread, Question question, Tenants tenants, HttpResponse response, CancellationToken cancellationToken) =>
    await Answers.WriteAsync(tenants.Of(tenant).RunTurnAsync(thread, question.Text, cancellationToken), response, cancellationToken));

tenant.MapGet("/usage", async (string tenant, Tenants tenants, CancellationToken cancellationToken) =>
    (await tenants.Of(tenant).GetUsageAsync(cancellationToken: cancellationToken)).Total);

app.Run();
