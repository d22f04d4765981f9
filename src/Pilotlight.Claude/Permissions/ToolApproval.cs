namespace Pilotlight.Claude.Permissions;

/// <summary>What becomes of a call of a tool before it runs.</summary>
public enum ToolApproval
{
    /// <summary>A person is asked, for every call.</summary>
    Ask,

    /// <summary>The tool is not there.</summary>
    Deny,

    /// <summary>It runs without asking.</summary>
    Allow,
}
