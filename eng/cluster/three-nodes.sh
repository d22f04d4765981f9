#!/usr/bin/env bash
# Three nodes of a cluster and their PostgreSQL on this machine, to try a cluster out: eng/cluster/three-nodes.sh [SETTING …]
# Answers come from a simulator that the nodes share, unless ANTHROPIC_API_KEY is set. Ctrl+C stops all of it, and what was stored goes.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
http=${HTTP_PORT:-5160} silo=${SILO_PORT:-11111} postgres=${POSTGRES_PORT:-54320} simulator=${SIMULATOR_PORT:-5170}

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo "PostgreSQL is missing: apt-get install -y postgresql" >&2; exit 1; }

folder=$(mktemp -d)
pids=()
stop() {
  trap - EXIT INT TERM
  [ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
  [ -z "${database:-}" ] || { kill -INT "$database" 2>/dev/null; wait "$database" 2>/dev/null || true; }
  rm -rf "$folder"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# PostgreSQL does not run as root.
as=()
if [ "$(id -u)" -eq 0 ]; then
  chown postgres "$folder"
  chmod 755 "$folder"
  as=(setpriv --reuid=postgres --regid=postgres --init-groups --)
fi

"${as[@]}" "$bin/initdb" -D "$folder/postgres" -U pilotlight --auth=trust --encoding=UTF8 --no-locale >/dev/null
"${as[@]}" "$bin/postgres" -D "$folder/postgres" -p "$postgres" -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$folder" >"$folder/postgres.log" 2>&1 &
database=$!
until "$bin/pg_isready" -q -h 127.0.0.1 -p "$postgres"; do sleep 0.1; done
"$bin/createdb" -h 127.0.0.1 -p "$postgres" -U pilotlight pilotlight

"$root/pilotlight" doctor --help >/dev/null # Builds what is to be built, once.
if [ -z "${ANTHROPIC_API_KEY:-}" ]; then
  "$root/pilotlight" simulate --port "$simulator" >"$folder/simulator.log" 2>&1 &
  pids+=($!)
  export ANTHROPIC_API_KEY=simulated ANTHROPIC_BASE_URL=http://127.0.0.1:$simulator
fi

# One certificate for all, as it would be on three machines; on one they could do without.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=pilotlight-cluster \
  -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null
cat "$folder/certificate.pem" "$folder/key.pem" >"$folder/cluster.pem"

export Pilotlight__Storage__Provider=PostgreSql
export Pilotlight__Storage__ConnectionString="Host=127.0.0.1;Port=$postgres;Username=pilotlight;Database=pilotlight;Maximum Pool Size=25"
for node in 0 1 2; do
  "$root/pilotlight" serve --cluster --data "$folder/node$node" --urls "http://127.0.0.1:$((http + node))" \
    "--Pilotlight:Cluster:SiloPort=$((silo + node))" "--Pilotlight:Cluster:Certificate=$folder/cluster.pem" "$@" > >(sed -u "s/^/node $node  /") 2>&1 &
  pids+=($!)
done

echo "Three nodes begin at http://127.0.0.1:$http, :$((http + 1)) and :$((http + 2)); curl -s http://127.0.0.1:$http/api/cluster tells of all. Ctrl+C stops."
wait -n "${pids[@]}"
echo "One of them has ended; the others stop." >&2
