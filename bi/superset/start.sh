#!/usr/bin/env bash
# Starts Superset on 127.0.0.1 in a virtual environment of its own, with the dashboard on a publication.
#   bi/superset/start.sh --publication demo/exports/hashtags.duckdb
#   bi/superset/start.sh --database postgresql+psycopg2://reader@db.example/tiktags
# SUPERSET_HOME (default .superset) holds everything it writes; SUPERSET_PORT is 8088 by default.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
export SUPERSET_HOME="${SUPERSET_HOME:-$root/.superset}"
export SUPERSET_CONFIG_PATH="$here/superset_config.py" FLASK_APP=superset
port="${SUPERSET_PORT:-8088}"
bin="$SUPERSET_HOME/venv/bin"
mkdir -p "$SUPERSET_HOME" && chmod 700 "$SUPERSET_HOME"

if [ ! -e "$SUPERSET_HOME/.installed" ] || [ "$here/constraints.txt" -nt "$SUPERSET_HOME/.installed" ]; then
    echo "==> Installing Superset into $SUPERSET_HOME/venv (two minutes or so)"
    "${PYTHON:-python3}" -m venv "$SUPERSET_HOME/venv"
    "$bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" -c "$here/constraints.txt"
    touch "$SUPERSET_HOME/.installed"
fi
for secret in secret_key password; do
    [ -e "$SUPERSET_HOME/$secret" ] || (umask 077; "$bin/python" -c 'import secrets; print(secrets.token_urlsafe(32))' > "$SUPERSET_HOME/$secret")
done
SUPERSET_PASSWORD="$(cat "$SUPERSET_HOME/password")"
export SUPERSET_PASSWORD

if [ ! -e "$SUPERSET_HOME/.ready" ]; then
    echo "==> Preparing Superset's own tables"
    "$bin/superset" db upgrade > "$SUPERSET_HOME/setup.log" 2>&1
    # The password goes in by the environment: arguments can be read by everyone on the machine.
    "$bin/python" "$here/create_admin.py" >> "$SUPERSET_HOME/setup.log" 2>&1
    "$bin/superset" init >> "$SUPERSET_HOME/setup.log" 2>&1
    touch "$SUPERSET_HOME/.ready"
fi

echo "==> Starting Superset"
"$bin/superset" run -h 127.0.0.1 -p "$port" > "$SUPERSET_HOME/superset.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
"$root/.venv/bin/python" "$here/import_dashboard.py" --superset "http://127.0.0.1:$port" --wait-seconds 180 "$@"
echo "==> Log in as admin with the password in $SUPERSET_HOME/password. Ctrl-C stops Superset."
wait "$server"
