"""Put the dashboard of `assets/` into a running Superset, over its REST API; run again, it replaces what it made.

    python bi/superset/import_dashboard.py --superset http://127.0.0.1:8088 --publication demo/exports/hashtags.duckdb
    python bi/superset/import_dashboard.py --database postgresql+psycopg2://reader@db.example/tiktags

The password of the Superset user is read from SUPERSET_PASSWORD. Requests used (Superset 6.1): POST
/api/v1/security/login, GET /api/v1/security/csrf_token/, POST /api/v1/assets/import/ (the import of dashboards would
leave a database as it is that was imported before).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

ASSETS = Path(__file__).with_name("assets")
PUBLISHED_ON_POSTGRES = "published_reporting"


def main(arguments: list[str] | None = None) -> None:
    """Import the dashboard and say where it is."""
    given = parse_arguments(arguments)
    is_duckdb = given.database is None
    uri = duckdb_uri(given.publication) if is_duckdb else given.database
    schema = given.schema or ("reporting" if is_duckdb else PUBLISHED_ON_POSTGRES)
    bundle = bundled(uri, schema=schema)
    try:
        with httpx.Client(base_url=given.superset, timeout=120) as client:
            wait_until_up(client, seconds=given.wait_seconds)
            log_in(client, given.user, os.environ.get("SUPERSET_PASSWORD", ""))
            import_bundle(client, bundle)
    except httpx.HTTPError as error:
        sys.exit(f"{given.superset}: {error}. Nothing was imported.")
    sys.stdout.write(f"{given.superset}/superset/dashboard/tiktok-hashtags/\n")


def duckdb_uri(publication: Path) -> str:
    """Return the SQLAlchemy address of a published file; exit where there is none."""
    if not publication.is_file():
        sys.exit(f"{publication}: there is no such publication; `tiktags run` or `make demo` makes one")
    return f"duckdb:///{publication.resolve()}"


def bundled(uri: str, *, schema: str) -> bytes:
    """Return the assets as the ZIP file that Superset imports.

    Args:
        uri: SQLAlchemy address of the database.
        schema: Where the reporting tables are: `reporting` in the DuckDB file, `published_reporting` on PostgreSQL.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in sorted(ASSETS.rglob("*.yaml")):
            asset = yaml.safe_load(path.read_text(encoding="utf-8"))
            kind = path.relative_to(ASSETS).parts[0]
            adapted = _adapted(kind, asset, uri, schema)
            bundle.writestr(f"tiktok_hashtags/{path.relative_to(ASSETS)}", yaml.safe_dump(adapted, sort_keys=False))
    return written.getvalue()


def _adapted(kind: str, asset: dict[str, Any], uri: str, schema: str) -> dict[str, Any]:
    if kind == "databases":
        is_duckdb = uri.startswith("duckdb")
        return {**asset, "sqlalchemy_uri": uri, "extra": asset["extra"] if is_duckdb else {}}
    if kind == "datasets":
        sql = asset["sql"] and asset["sql"].replace("reporting.", f"{schema}.")
        return {**asset, "schema": schema, "sql": sql}
    if kind == "charts":
        return _chart(asset)
    return asset


def _chart(asset: dict[str, Any]) -> dict[str, Any]:
    """Save the chart's query with it: without one, REST and reports could not run it."""
    query = {"filters": [], "orderby": [], "columns": [], "metrics": [], "extras": {}, **asset["query"]}
    if asset["viz_type"] == "table":
        del query["metrics"]
    context = {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [query],
        "form_data": asset["params"],
        "result_format": "json",
        "result_type": "full",
    }
    kept = {name: value for name, value in asset.items() if name != "query"}
    return {**kept, "query_context": json.dumps(context)}


def wait_until_up(client: httpx.Client, *, seconds: float) -> None:
    """Return as soon as Superset answers.

    Raises:
        httpx.TransportError: It did not within that time.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.get("/health")
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)
        else:
            return


def log_in(client: httpx.Client, user: str, password: str) -> None:
    """Give the client a session that may write.

    Raises:
        httpx.HTTPStatusError: Superset does not know this user and password.
    """
    login = {"username": user, "password": password, "provider": "db", "refresh": False}
    token = client.post("/api/v1/security/login", json=login).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    csrf = client.get("/api/v1/security/csrf_token/").raise_for_status().json()["result"]
    client.headers.update({"X-CSRFToken": csrf, "Referer": str(client.base_url)})


def import_bundle(client: httpx.Client, bundle: bytes) -> None:
    """Import a ZIP file of assets; what has the same uuid is replaced, the database too. Exits where it is refused."""
    files = {"bundle": ("tiktok_hashtags.zip", bundle, "application/zip")}
    answer = client.post("/api/v1/assets/import/", files=files)
    if answer.is_error:
        sys.exit(f"Superset refused the import: {' '.join(_messages(answer))}")


def _messages(answer: httpx.Response) -> Iterator[str]:
    try:
        errors = answer.json()["errors"]
    except (ValueError, KeyError):
        yield answer.text[:500]
        return
    for error in errors:
        yield f"{error['message']}: {json.dumps(error.get('extra', {}))[:500]}"


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; None is the process's own."""
    parser = argparse.ArgumentParser(description="Import the TikTok hashtags dashboard into a running Superset.")
    parser.add_argument("--superset", default="http://127.0.0.1:8088", help="default: %(default)s")
    parser.add_argument("--user", default="admin", help="default: %(default)s; password: SUPERSET_PASSWORD")
    parser.add_argument("--wait-seconds", type=float, default=0, help="for a Superset that is just starting")
    source = parser.add_mutually_exclusive_group()
    published = Path("exports/hashtags.duckdb")
    source.add_argument("--publication", type=Path, default=published, help="DuckDB file, default: %(default)s")
    source.add_argument("--database", help="SQLAlchemy address of a PostgreSQL warehouse")
    parser.add_argument("--schema", help="schema of the reporting tables, where it is another")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
