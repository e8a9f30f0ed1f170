"""Keys are in `.dlt/secrets.toml` and in requests to their own provider only, even if an API echoes them."""

from __future__ import annotations

import base64
import json
import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import duckdb
import httpx
import pytest
import zstandard

from tiktok_hashtags.sandbox import DATASET_ID, PROVIDERS, Sandbox, World, serve
from tiktok_hashtags.sandbox.wire import Answer

if TYPE_CHECKING:
    from tests.e2e.conftest import MakeSite, Site

TIKTAGS = Path(sys.executable).with_name("tiktags")
CANARIES = {name: f"canary+/{name}=7f3a9c51e8" for name in PROVIDERS}


class Parrot(Sandbox):
    """A sandbox that says each key back, in answers of every kind."""

    elsewhere = ""

    def answer(self, request: httpx.Request) -> Answer:
        provider = request.url.path.split("/")[1]
        if provider not in PROVIDERS:
            return super().answer(request)
        key = CANARIES[provider]
        said = {
            "message": f"no access with {key}",
            "msg": f"no access with {key}",
            "url": f"https://x.example/?key={quote(key, safe='')}",
        }
        if provider == "crawlora":
            return Answer(401, {"Content-Type": "application/json", "X-Key": key}, json.dumps(said).encode())
        if provider == "tikliveapi":
            return Answer(302, {"Location": f"{self.elsewhere}/?key={quote(key, safe='')}"}, key.encode())
        if provider == "scraper":
            return Answer(200, {f"Bad header {key}": "1"}, b"[]")
        answer = super().answer(request)
        return Answer(answer.status, {**answer.headers, "X-Key": key}, _echoed(answer.body, said))


def _echoed(body: bytes, said: dict[str, str]) -> bytes:
    """Put what is said into a page and into its first video."""
    page = json.loads(body)
    for item in page.get("data", [])[:1]:
        item["video_description"] = f"{said['message']} {said['url']}"
    return json.dumps(page | {"echo": said}).encode()


def forms(key: str) -> set[bytes]:
    """The key as it is, percent-encoded, and in base64 at any place."""
    placed = [base64.b64encode(b"\0" * n + key.encode()).decode()[2 if n else 0 : -4].lstrip("A") for n in range(3)]
    return {form.encode() for form in (key, quote(key), quote(key, safe=""), json.dumps(key)[1:-1], *placed)}


FORMS = set().union(*(forms(key) for key in CANARIES.values()))


@dataclass
class Leaky:
    """What a run at debug level left after its keys were said back to it."""

    folder: Path
    exit_code: int
    stdout: bytes
    stderr: bytes
    command_line: bytes
    elsewhere: list[httpx.URL] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)


@pytest.fixture(scope="module")
def leaky(make_site: MakeSite, tiny: World) -> Iterator[Leaky]:
    named = ", ".join(f'{{name = "{h.name}", id = "{h.id}"}}' for h in tiny.hashtags)
    watchlist = (
        f'hashtags = [{named}]\nsearches = [{{keyword = "cat"}}]\ndatasets = [{{dataset_id = "{DATASET_ID}"}}]\n'
    )
    site = make_site(tiny, watchlist)
    stranger = Sandbox(tiny)
    parrot = Parrot(tiny, keys=CANARIES, plans=dict.fromkeys(PROVIDERS, "unlimited"))
    with serve(parrot) as server, serve(stranger) as elsewhere:
        parrot.elsewhere = elsewhere.url
        yield _run(site, parrot, server.base_urls, stranger)


def _run(site: Site, parrot: Parrot, base_urls: dict[str, str], stranger: Sandbox) -> Leaky:
    dlt = site.project.root / ".dlt"
    dlt.mkdir()
    secrets = [f"[sources.{name}]\napi_key = {json.dumps(key)}\n" for name, key in CANARIES.items()]
    (dlt / "secrets.toml").write_text("".join(secrets))
    (dlt / "secrets.toml").chmod(0o600)
    urls = [f'[sources.{name}]\nbase_url = "{url}"\n' for name, url in base_urls.items()]
    (dlt / "config.toml").write_text('[runtime]\nlog_level = "DEBUG"\ndlthub_telemetry = false\n' + "".join(urls))
    with subprocess.Popen(
        [TIKTAGS, "-v", "run", "--json", "--now", "2026-11-01T06:00"],
        cwd=site.project.root,
        env={"PATH": os.environ["PATH"], "DLT_DATA_DIR": str(site.project.root / "home"), "DBT_DEBUG": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        command_line = _command_line(process)
        stdout, stderr = process.communicate(timeout=300)
    sent = {name: meter["requests"] for name, meter in parrot.meter().items()}
    return Leaky(site.project.root, process.returncode, stdout, stderr, command_line, list(stranger.strays), sent)


def _command_line(process: subprocess.Popen[bytes]) -> bytes:
    """What other users of the machine see of a process, once it has begun."""
    while process.poll() is None:
        command_line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        if b"run" in command_line:
            return command_line
    return b""


def found_in(content: bytes) -> set[bytes]:
    return {form for form in FORMS if form in content}


def test_the_run_met_what_it_was_to_meet(leaky: Leaky) -> None:
    told = json.loads(leaky.stdout)

    reasons = {walk["provider"]: walk["stop_reason"] for walk in told["walks"]}
    assert leaky.exit_code == 6, leaky.stderr[-3000:]
    assert reasons == {"crawlora": "auth", "tikliveapi": "http_error", "scraper": "network", "unifapi": "feed_end"}
    assert any("no access with [key]" in message for message in told["messages"])
    assert b"DEBUG" in leaky.stderr


def test_no_key_is_printed_logged_or_an_argument(leaky: Leaky) -> None:
    assert found_in(leaky.stdout) == found_in(leaky.stderr) == found_in(leaky.command_line) == set()
    assert leaky.command_line


def test_no_file_but_the_secrets_holds_a_key(leaky: Leaky, all_bytes: Callable[[Path], Any]) -> None:
    files = dict(all_bytes(leaky.folder))

    holding = {str(path.relative_to(leaky.folder)) for path, content in files.items() if found_in(content)}

    assert holding == {".dlt/secrets.toml"}
    assert {"trace.pickle", "run_results.json", "dbt.log", "hashtags.duckdb"} <= {path.name for path in files}


def test_no_page_of_the_journal_holds_a_key(leaky: Leaky) -> None:
    journal = sqlite3.connect(leaky.folder / "data" / "journal.sqlite")
    pages = [zstandard.ZstdDecompressor().decompress(body) for (body,) in journal.execute("select body from pages")]
    journal.close()

    assert pages
    assert all(b"[key]" in page for page in pages)
    assert found_in(b"".join(pages)) == set()


@pytest.mark.parametrize("path", ["data/warehouse.duckdb", "exports/hashtags.duckdb"])
def test_no_value_of_a_table_holds_a_key(leaky: Leaky, path: str) -> None:
    with duckdb.connect(leaky.folder / path, read_only=True) as connection:
        query = "select table_schema || '.\"' || table_name || '\"' from information_schema.tables"
        tables = [name for (name,) in connection.execute(query).fetchall()]
        texts = [repr(connection.execute(f"from {name}").fetchall()) for name in tables]

    assert any("[key]" in text for text in texts)
    assert found_in("".join(texts).encode()) == set()


def test_no_value_of_a_parquet_file_holds_a_key(leaky: Leaky) -> None:
    paths = sorted((leaky.folder / "exports").glob("*.parquet"))
    with duckdb.connect() as connection:
        texts = [repr(connection.execute("from read_parquet(?)", [str(path)]).fetchall()) for path in paths]

    assert any("[key]" in text for text in texts)
    assert found_in("".join(texts).encode()) == set()


def test_no_key_is_sent_to_another_host(leaky: Leaky) -> None:
    assert leaky.elsewhere == []
    assert leaky.sent["unifapi"] > 0


def test_the_data_folder_is_its_owner_s_alone(leaky: Leaky) -> None:
    assert stat.S_IMODE((leaky.folder / "data").stat().st_mode) == 0o700


@pytest.mark.parametrize("command", ["run", "plan", "doctor"])
@pytest.mark.parametrize("url", ["https://user:{}@api.example/v1", "https://api.example/v1?key={}"])
def test_a_key_in_a_base_url_is_refused_and_not_shown(make_site: MakeSite, tiny: World, command: str, url: str) -> None:
    site = make_site(tiny, f'hashtags = [{{id = "{tiny.hashtags[0].id}"}}]')
    site.variables["SOURCES__UNIFAPI__BASE_URL"] = url.format("canary-7f3a9c51e8")

    result = site.tiktags(command, "--json")

    assert result.exit_code == 2
    assert "unifapi: the base_url of api.example is refused" in result.output
    assert "canary-7f3a9c51e8" not in result.output
    assert set(site.requests().values()) == {0}
