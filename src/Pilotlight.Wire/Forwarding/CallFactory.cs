using Pilotlight.Wire.Bodies;
using Pilotlight.Wire.Calls;
using Pilotlight.Wire.Processes;

namespace Pilotlight.Wire.Forwarding;

/// <summary>Makes calls of requests. Safe for concurrent use.</summary>
internal sealed class CallFactory(TimeProvider time)
{
    private long _last;

    /// <summary>A request that a process made; a turn's parameters are set in its body where they belong.</summary>
    /// <exception cref="System.Text.Json.JsonException">The body has not the shape that a parameter has to be set in.</exception>
    public WireCall OfProcess(WireProcess process, bool isMessage, CallPurpose purpose, ReadOnlyMemory<byte> bytes)
    {
        var (startedAt, state, body) = (time.GetTimestamp(), process.Current, RequestBody.Parse(bytes));
        var parameters = state.Turn.Parameters;
        var isChanged = isMessage && purpose == CallPurpose.Main && !parameters.IsEmpty && body.Members is not null;
        if (isChanged)
        {
            ParameterWriter.Write(body.Members!, parameters, state.IsFirst(MessageWriter.Count(body.Members!)));
        }

        if (isMessage)
        {
            state.Count(isChanged);
        }

        return new WireCall
        {
            StartedAt = startedAt,
            Body = body,
            Info = isMessage ? Describe(purpose, body, bytes.Length) : null,
            Model = body.Model,
            IsSignedIn = process.IsSignedIn,
            IsOfCli = true,
            Budget = state.Turn.Budget,
            Observer = state.Turn.Observer,
            Trace = state.Turn.Trace,
            HasParameters = isChanged,
            EndsAtMaxTokens = isChanged && parameters.MaxTokens is not null,
            Betas = isChanged ? parameters.Betas ?? [] : [],
        };
    }

    /// <summary>A request that came straight from a client.</summary>
    public WireCall Direct(bool isMessage, ReadOnlyMemory<byte> bytes, WireTurn turn)
    {
        var (startedAt, body) = (time.GetTimestamp(), RequestBody.Parse(bytes));
        var isChanged = isMessage && !turn.Parameters.IsEmpty && body.Members is not null;
        if (isChanged)
        {
            ParameterWriter.Write(body.Members!, turn.Parameters, isFirst: true);
        }

        return new WireCall
        {
            StartedAt = startedAt,
            Body = body,
            Info = isMessage ? Describe(CallPurpose.Direct, body, bytes.Length) : null,
            Model = body.Model,
            Budget = turn.Budget,
            Observer = turn.Observer,
            Trace = turn.Trace,
            HasParameters = isChanged,
            Betas = isChanged ? turn.Parameters.Betas ?? [] : [],
        };
    }

    private CallInfo Describe(CallPurpose purpose, RequestBody body, int length) => new()
    {
        Id = Interlocked.Increment(ref _last),
        Purpose = purpose,
        Model = body.Model,
        IsStreaming = body.IsStreaming,
        MaxTokens = body.MaxTokens,
        RequestBytes = length,
    };
}
