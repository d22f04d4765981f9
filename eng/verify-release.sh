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
    */pilotlight.*) grep -qx THIRD-PARTY-NOTICES.txt <<<"$files" || fail "$(basename "$package") does not say what it ships." ;;
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
# Commands and times from an empty home, with nothing in NuGet's cache, to the first answer of each.
table="$here/table"
row() { printf '| %s | %s | %s s |\n' "$1" "$2" "$3" >>"$table"; }
export NUGET_PACKAGES="$here/packages"

started=$SECONDS since=$SECONDS
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
row "tool" '`dotnet tool install pilotlight` · `pilotlight serve --simulate`' "$((SECONDS - started))"
cli="$("$here/tool/pilotlight" setup --data "$here/data")"

since=$SECONDS
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
row "client" '`dotnet add package Pilotlight.Client` · `dotnet run`' "$((SECONDS - since))"
cd ..

# The template, on a simulator of the tool's.
since=$SECONDS
"$here/tool/pilotlight" simulate --port 0 >simulate.log 2>&1 &
simulator=$!
trap 'for process in "${server:-}" "${simulator:-}" "${program:-}"; do [ -z "$process" ] || { kill "$process" 2>/dev/null && wait "$process" 2>/dev/null; }; done; rm -rf "$here"' EXIT
for _ in $(seq 300); do grep -qo 'http://127.0.0.1:[0-9]*' simulate.log && break; sleep 0.2; done
api="$(grep -o 'http://127.0.0.1:[0-9]*' simulate.log | head -1)"
[ -n "$api" ] || { cat simulate.log; fail "the simulator did not listen."; }
dotnet new install "$packages/Pilotlight.Templates.$version.nupkg" >/dev/null
dotnet new pilotlight-chat -o MyChat >/dev/null
cp nuget.config MyChat/
(cd MyChat && dotnet build -v quiet -nologo -o out >build.log) || { cat MyChat/build.log; fail "the template does not build."; }
(cd MyChat && exec dotnet out/MyChat.dll --urls http://127.0.0.1:0 --Claude:Path "$cli" --Claude:ApiKey simulated --Claude:BaseUrl "$api" >run.log 2>&1) &
program=$!
for _ in $(seq 300); do grep -q 'Now listening on' MyChat/run.log && break; kill -0 "$program" 2>/dev/null || { cat MyChat/run.log; fail "the template's program ended."; }; sleep 0.2; done
page="$(sed -n 's/.*Now listening on: //p' MyChat/run.log)"
curl -sf "$page/" | grep -q '<title>Chat</title>' || fail "the template's program serves no page."
curl -sfN "$page/chat" -H 'content-type: application/json' -d '{"conversation":"c","text":"hello template"}' | tr -d '\n' | grep -q 'event: end' || fail "the template's program did not answer."
kill "$program" && wait "$program" || true
program=""
say "dotnet new pilotlight-chat builds and answers"
row "library" '`dotnet new pilotlight-chat` · `dotnet run`' "$((SECONDS - since))"

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
dotnet run -v quiet -- "$cli" | grep -q 'hello from a library' || fail "Pilotlight.Claude did not answer."
say "Pilotlight.Claude answers in an empty project"
cd ..

# An app host that runs the tool, and a program behind it.
since=$SECONDS
mkdir -p aspire/Host aspire/Web && cd aspire
cat >Web/Web.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Pilotlight.Aspire.Client" Version="$version" /></ItemGroup>
</Project>
XML
cat >Web/Program.cs <<'CS'
using Microsoft.Extensions.AI;

var builder = WebApplication.CreateBuilder(args);
builder.AddPilotlightClient("claude");
var app = builder.Build();
app.MapGet("/ask", async (string text, IChatClient chat) => (await chat.GetResponseAsync(text)).Text);
app.Run();
CS
cat >Host/Host.csproj <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <Sdk Name="Aspire.AppHost.Sdk" Version="13.6.4" />
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><NoWarn>NU1603;ASPIRE010</NoWarn></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Aspire.Hosting.AppHost" Version="13.6.5" />
    <PackageReference Include="Pilotlight.Aspire.Hosting" Version="$version" />
    <ProjectReference Include="../Web/Web.csproj" />
  </ItemGroup>
</Project>
XML
cat >Host/Program.cs <<'CS'
var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
var claude = builder.AddPilotlight("claude").WithSimulator().WithTool(args[0]).WithCli(args[1]);
builder.AddProject<Projects.Web>("web").WithHttpEndpoint(port: int.Parse(args[2])).WithReference(claude).WaitFor(claude);
builder.Build().Run();
CS
port="$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')"
dotnet build Host -c Release -v quiet -nologo >build.log || { cat build.log; fail "the app host does not build."; }
(cd Host && exec dotnet bin/Release/net10.0/Host.dll "$here/tool/pilotlight" "$cli" "$port" >../run.log 2>&1) &
program=$!
for _ in $(seq 300); do curl -sf "http://127.0.0.1:$port/ask?text=hello" >answer && break; kill -0 "$program" 2>/dev/null || { cat run.log; fail "the app host ended."; }; sleep 0.3; done
grep -q 'hello' answer || { cat run.log; fail "the program behind the app host did not answer."; }
kill "$program"; wait "$program" || true
program=""
cd ..
say "an Aspire app host starts the gateway, and the program behind it answers"
row "Aspire" '`builder.AddPilotlight("claude").WithSimulator()` · `dotnet run`' "$((SECONDS - since))"

# What the unit runs, told by systemd's protocol; the unit itself where systemd can say whether it is well formed.
if command -v systemd-analyze >/dev/null && [ -n "${UNIT:-}" ]; then
  sed "s#/opt/pilotlight/pilotlight#$here/tool/pilotlight#" "$UNIT" >pilotlight.service
  systemd-analyze verify "$here/pilotlight.service" 2>&1 | grep -q 'pilotlight.service:.*\(error\|Unknown\)' && fail "systemd does not take the unit."
  say "systemd takes the unit"
fi

kill -TERM "$server"
wait "$server" || fail "the tool did not stop in order."
server=""
say "the tool stops in order"
printf '\n| | two commands | to the first answer |\n| --- | --- | --: |\n'
cat "$table"
