#!/usr/bin/env bash
# Uses packages of a folder as a stranger would: an empty home, empty projects, nothing of this repository.
#   eng/verify-release.sh PACKAGES VERSION
set -euo pipefail
packages="$(cd "$1" && pwd)" version="$2"
here="$(mktemp -d)"
trap '[ -z "${server:-}" ] || { kill "$server" 2>/dev/null && wait "$server" 2>/dev/null; }; rm -rf "$here"' EXIT
cache="${npm_config_cache:-$HOME/.npm}"
say() { printf '   %s\n' "$*"; }
fail() { printf 'verify-release.sh: %s\n' "$*" >&2; exit 1; }

# What every package must hold.
for package in "$packages"/*.nupkg; do
  files="$(unzip -Z1 "$package")"
  spec="$(unzip -p "$package" '*.nuspec')"
  for wanted in icon.png README.md CHANGELOG.md; do
    grep -qx "$wanted" <<<"$files" || fail "$(basename "$package") has no $wanted."
  done
  grep -q '<license type="expression">Apache-2.0</license>' <<<"$spec" || fail "$(basename "$package") names no licence."
  case "$package" in
    *) grep -qx THIRD-PARTY-NOTICES.txt <<<"$files" || fail "$(basename "$package") does not say what it ships." ;;
  esac
done
say "$(ls "$packages"/*.nupkg | wc -l) packages hold what they must"

cat >"$here/nuget.config" <<XML
<configuration>
  <packageSources><clear /><add key="release" value="$packages" /><add key="nuget.org" value="https://api.nuget.org/v3/index.json" /></packageSources>
  <packageSourceMapping>
    <packageSource key="release"><package pattern="Pilotlight.*" /><package pattern="pilotlight*" /></packageSource>
    <packageSource key="nuget.org"><package pattern="*" /></packageSource>
  </packageSourceMapping>
</configuration>
XML
export HOME="$here/home" npm_config_cache="$cache" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
unset Pilotlight__Claude__Path PILOTLIGHT_BUNDLED_CLI
mkdir -p "$HOME"
cd "$here"

since=$SECONDS
dotnet tool install pilotlight --version "$version" --tool-path "$here/tool" --configfile nuget.config >/dev/null
say "the tool is installed after $((SECONDS - since)) s"
since=$SECONDS
"$here/tool/pilotlight" serve --simulate --data "$here/data" --urls http://127.0.0.1:0 >serve.log 2>&1 &
server=$!
for _ in $(seq 600); do grep -q '^Pilotlight is lit at' serve.log && break; kill -0 "$server" 2>/dev/null || { cat serve.log; fail "the tool ended."; }; sleep 0.2; done
address="$(sed -n 's/^Pilotlight is lit at //p' serve.log)"
[ -n "$address" ] || { cat serve.log; fail "the tool did not listen."; }
say "lit after $((SECONDS - since)) s, with a CLI that it fetched"
"$here/tool/pilotlight" chat --data "$here/data" "hello there" | grep -q 'You said: “hello there”' || fail "the tool's chat did not answer."
say "chat answers after $((SECONDS - since)) s"

mkdir client && cd client
cat >client.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Pilotlight.Client" Version="$version" /></ItemGroup>
</Project>
XML
cat >Program.cs <<'CS'
using Microsoft.Extensions.AI;
using Pilotlight.Client;
using Pilotlight.Client.Chat;

using var gateway = new PilotlightClient(new() { Address = new(args[0]) });
Console.WriteLine(await gateway.AsIChatClient().GetResponseAsync("hello from a stranger"));
CS
dotnet run -v quiet -- "$address" | grep -q 'hello from a stranger' || fail "Pilotlight.Client did not answer."
say "Pilotlight.Client answers in an empty project"
cd ..

mkdir library && cd library
cat >library.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Pilotlight.Claude" Version="$version" />
    <PackageReference Include="Pilotlight.Simulator" Version="$version" />
    <PackageReference Include="Microsoft.Extensions.Hosting" Version="10.0.15" />
  </ItemGroup>
</Project>
XML
# The library is given the CLI that the tool has fetched.
cat >Program.cs <<'CS'
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pilotlight.Claude;
using Pilotlight.Simulator;

await using var simulator = await SimulatorServer.StartAsync(new SimulatorOptions(), CancellationToken.None);
var builder = Host.CreateApplicationBuilder();
builder.Services.AddClaudeCode(claude =>
{
    claude.Path = args[0];
    claude.ApiKey = "simulated";
    claude.BaseUrl = simulator.BaseAddress.ToString().TrimEnd('/');
});
using var host = builder.Build();
await host.StartAsync();
Console.WriteLine(await host.Services.GetRequiredService<IChatClient>().GetResponseAsync("hello from a library"));
await host.StopAsync();
CS
dotnet run -v quiet -- "$("$here/tool/pilotlight" setup --data "$here/data")" | grep -q 'hello from a library' || fail "Pilotlight.Claude did not answer."
say "Pilotlight.Claude answers in an empty project"
cd ..

kill -TERM "$server"
wait "$server" || fail "the tool did not stop in order."
server=""
say "the tool stops in order"
