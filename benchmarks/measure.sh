#!/usr/bin/env bash
# Measures all that docs/performance.md tells and puts it there: tables between their marks, pictures into docs/images.
#   benchmarks/measure.sh            about two hours
#   benchmarks/measure.sh --quick    about twenty-five minutes
#   benchmarks/measure.sh [--quick] bench stages gateway peers load pool micro    only some of it
# Figures of a machine with other work to do are noise: leave it alone meanwhile. Results go to artifacts/measured.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=""
if [ "${1:-}" = --quick ]; then quick=yes; shift; fi
parts=" ${*:-bench stages gateway peers load pool micro} "
out=artifacts/measured
bin() { printf 'artifacts/bin/%s/release/%s.dll' "$1" "${2:-$1}"; }
say() { printf '== %s (%s)\n' "$*" "$(date -u +%H:%M:%S)" >&2; }
wanted() { case "$parts" in *" $1 "*) ;; *) return 1 ;; esac; }
# A part that fails leaves its table as it was, and fails the whole at the end.
failed=""
part() { local name="$1"; shift; say "$name"; "$@" || { failed="$failed $name"; rm -f "$out/$name.md"; say "$name FAILED"; }; }
mkdir -p "$out" docs/images
rm -f "$out"/*.md
load="$(cut -d" " -f1 /proc/loadavg 2>/dev/null || echo unknown)"

. eng/claude-cli/platform.sh
cli="${Pilotlight__Claude__Path:-$PWD/$(claude_cli_path eng/claude-cli)}"
[ -x "$cli" ] || (cd eng/claude-cli && npm ci --ignore-scripts --no-audit --no-fund --silent)
export Pilotlight__Claude__Path="$cli"

say building
for project in src/Pilotlight.Tool benchmarks/Pilotlight.Gateway.Benchmarks benchmarks/Pilotlight.Peers benchmarks/Pilotlight.Load benchmarks/Pilotlight.Processes.Benchmarks benchmarks/Pilotlight.Microbenchmarks; do
  dotnet build "$project" -c Release -v quiet -nologo >&2
done

if wanted bench; then
  part bench dotnet "$(bin Pilotlight.Tool pilotlight)" bench --runs "$([ -n "$quick" ] && echo 7 || echo 31)" \
    --start --burst 8 32 --network 40 --pause $([ -n "$quick" ] && echo 3 || echo 3 11 60) --json "$out/bench.json" --markdown "$out/bench.md" --html "$out/bench.html" --svg docs/images/bench.svg
fi
if wanted stages; then
  part stages dotnet "$(bin Pilotlight.Tool pilotlight)" bench --stages --runs 40 --json "$out/stages.json" --markdown "$out/stages.md"
fi
if wanted gateway; then
  part gateway dotnet "$(bin Pilotlight.Gateway.Benchmarks)" overhead "$([ -n "$quick" ] && echo 400 || echo 2000)" > "$out/gateway.md"
fi
if wanted peers; then
  node=benchmarks/Pilotlight.Peers/node
  [ -d $node/node_modules ] || (cd $node && npm ci --ignore-scripts --omit=optional --no-audit --no-fund --silent) || true
  part peers dotnet "$(bin Pilotlight.Peers)" --cli "$cli" --node $node --runs "$([ -n "$quick" ] && echo 3 || echo 15)" --idle "$([ -n "$quick" ] && echo 5 || echo 10)" --json "$out/peers.json" --markdown "$out/peers.md" --svg docs/images/peers.svg
fi
if wanted load; then
  part load dotnet "$(bin Pilotlight.Load)" load --cli "$cli" --to 64 --seconds "$([ -n "$quick" ] && echo 12 || echo 45)" --json "$out/load.json" --markdown "$out/load.md" --svg docs/images/load.svg
fi
if wanted pool; then
  part pool dotnet "$(bin Pilotlight.Processes.Benchmarks)" acquire "$([ -n "$quick" ] && echo 500 || echo 3000)" > "$out/pool.txt"
  { echo '```'; cat "$out/pool.txt"; echo '```'; } > "$out/pool.md"
fi
if wanted micro; then
  part micro dotnet "$(bin Pilotlight.Microbenchmarks)" ${quick:+--quick} --json "$out/micro.json" --markdown "$out/micro.md" > /dev/null
fi

{
  echo "Measured on $(date -u +%Y-%m-%d)${quick:+ by --quick}: $(echo $parts). The load average before it was $load; with more than a fraction of a core in other"
  echo "use, read the ratios and not the times."
} > "$out/when.md"

# Each picture stands above its table.
for name in bench peers load; do
  [ -f "$out/$name.md" ] && [ -f "docs/images/$name.svg" ] || continue
  { printf '![%s](images/%s.svg)\n\n' "$(sed -n 's:.*<title>\(.*\)</title>.*:\1:p' "docs/images/$name.svg")" "$name"; cat "$out/$name.md"; } > "$out/with-picture"
  mv "$out/with-picture" "$out/$name.md"
done

# Replaces what stands between <!-- table:NAME --> and <!-- /table --> by what was measured.
for table in "$out"/*.md; do
  [ -f "$table" ] || continue
  name="$(basename "$table" .md)"
  awk -v mark="<!-- table:$name -->" -v file="$table" '
    $0 == mark { print; while ((getline line < file) > 0) print line; inside = 1; next }
    inside && $0 == "<!-- /table -->" { inside = 0 }
    !inside { print }' docs/performance.md > "$out/performance.new"
  cp "$out/performance.new" docs/performance.md
done
rm -f "$out/performance.new"
say "done; docs/performance.md and docs/images hold the new figures, $out the rest"
[ -z "$failed" ] || { say "failed:$failed"; exit 1; }
