using Pilotlight.Processes.Tests;
using Xunit.MicrosoftTestingPlatform;

// "host": a program with a pool, for a test to kill. Else the tests, as the generated entry point runs them.
return args is [WalledHost.Command]
    ? await WalledHost.RunAsync()
    : await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions);
