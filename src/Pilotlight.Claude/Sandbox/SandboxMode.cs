namespace Pilotlight.Claude.Sandbox;

/// <summary>What stands between an agent's tools and the machine.</summary>
public enum SandboxMode
{
    /// <summary>Nothing but the profile's rules: tools do what the server's user may do.</summary>
    None,

    /// <summary>The machine's files and processes are not there; the network is as open as the server's.</summary>
    Files,

    /// <summary>Neither the machine's files nor its processes nor its network are there.</summary>
    Full,
}
