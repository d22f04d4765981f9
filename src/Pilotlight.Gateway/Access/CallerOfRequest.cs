using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;

namespace Pilotlight.Gateway.Access;

/// <summary>Finds the caller of a request.</summary>
public static class CallerOfRequest
{
    /// <summary>The caller, as the gateway's authentication found them.</summary>
    public static Caller GetCaller(this HttpContext context) => context.Features.Get<Caller>() ?? Caller.Local;
}
