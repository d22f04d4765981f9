namespace Pilotlight.Wire.Calls;

/// <summary>Is told what happens to calls for a message. Every method does nothing unless it is implemented.</summary>
/// <remarks>
/// Called on the way of the bytes: be quick, never block, never throw (what is thrown is logged and dropped). The events of one call
/// come one after another; several calls (subagents) come at the same time.
/// </remarks>
public interface ICallObserver
{
    /// <summary>The call was let through and is about to leave.</summary>
    void Started(CallInfo info)
    {
    }

    /// <summary>An upstream failed before its first byte; another one is asked.</summary>
    void Retrying(CallInfo info, CallRetry retry)
    {
    }

    /// <summary>An upstream has answered; the body follows.</summary>
    void Answered(CallInfo info, CallAnswer answer)
    {
    }

    /// <summary>The first piece of text, thinking or tool input has come.</summary>
    void FirstText(CallInfo info, TimeSpan after)
    {
    }

    /// <summary>The API has told more of what the call uses; the value holds all of it so far.</summary>
    void Used(CallInfo info, CallUsage usage)
    {
    }

    /// <summary>The call is over, one way or another. Comes exactly once for each call, refused ones included.</summary>
    void Ended(CallInfo info, CallReport report)
    {
    }
}
