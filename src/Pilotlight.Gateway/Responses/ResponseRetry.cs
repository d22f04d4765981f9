using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pilotlight.Core.Access;
using Pilotlight.Core.Problems;

namespace Pilotlight.Gateway.Responses;

/// <summary>How a request that is sent again is known: clients send an <c>Idempotency-Key</c>, the same with every try.</summary>
/// <param name="Key">The key.</param>
/// <param name="ThreadId">The thread that is made for the request, where one must be: each try of the same caller names the same.</param>
/// <param name="Request">A digest of the whole request.</param>
internal sealed record ResponseRetry(string Key, string ThreadId, string Request)
{
    private const int MaxIdempotencyKey = 200;
    private const int IdDigits = 32;

    /// <summary>Of a request; null for one without a key.</summary>
    /// <exception cref="ProblemException">The key is too long.</exception>
    public static ResponseRetry? Of(HttpRequest request, Caller caller, JsonElement body) => request.Headers["Idempotency-Key"].ToString() switch
    {
        "" => null,
        { Length: > MaxIdempotencyKey } key => throw RequestProblems.Invalid($"Idempotency-Key has {key.Length} characters; at most {MaxIdempotencyKey} are taken."),
        var key => new ResponseRetry(key, "thr_" + Digest($"{caller.KeyId}\n{key}")[..IdDigits], Digest(body.GetRawText())),
    };

    private static string Digest(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
