"""Run two project folders with one key and one ledger against a strict sliding window, in real time.

`python bench/pace.py REQUESTS_PER_MINUTE` (120 or 300, Crawlora's plans pro and business) takes about two minutes and
prints how many requests were refused, the most that any 60 seconds held, and how much of two minutes' plan was used.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from bisect import bisect_left
from datetime import UTC, datetime
from pathlib import Path

from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World, serve
from tiktok_hashtags.sandbox.accounts import RequestRow

TIKTAGS = str(Path(sys.executable).with_name("tiktags"))
PLANS = {120: "pro", 300: "business"}


def start(folder: Path, ledger: Path, url: str, plan: str, hashtags: range) -> subprocess.Popen[bytes]:
    """Start a run that asks for the details of some hashtags, one request each."""
    folder.mkdir()
    entries = [f'[[hashtags]]\nname = "pace{number}"\nproviders = ["crawlora"]\n' for number in hashtags]
    (folder / "watchlist.toml").write_text("\n".join(entries), encoding="utf-8")
    variables = {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SOURCES__LEDGER_PATH": str(ledger),
        "SOURCES__CRAWLORA__BASE_URL": url,
        "SOURCES__CRAWLORA__API_KEY": "sandbox-crawlora-key",
        "SOURCES__CRAWLORA__PLAN": plan,
    }
    command = [TIKTAGS, "run", "--no-transform", "--only", "crawlora"]
    with (folder / "log.txt").open("wb") as log:
        return subprocess.Popen(command, cwd=folder, env=os.environ | variables, stdout=log, stderr=log)


def report(rows: list[RequestRow], limit: int) -> str:
    """Return the verdict of a strict server on its log."""
    times = [row.time.timestamp() for row in rows]
    refused = sum(row.status == 429 for row in rows)
    busiest = max(bisect_left(times, at + 60) - index for index, at in enumerate(times))
    used = bisect_left(times, times[0] + 120)
    return (
        f"{limit} requests/min, two folders: {len(rows)} requests, {refused} answers with 429, "
        f"at most {busiest} in any 60 s, {used / (2 * limit):.1%} of two minutes' plan used"
    )


def main(limit: int) -> None:
    """Run both folders to their end."""
    sandbox = Sandbox(World(seed=1), SandboxClock(datetime.now(UTC)), plans={"crawlora": PLANS[limit]})
    with serve(sandbox) as server, tempfile.TemporaryDirectory(prefix="tiktags-pace-") as temporary:
        root, share = Path(temporary), limit + limit // 4
        url, ledger = server.base_urls["crawlora"], root / "ledger.sqlite"
        runs = [
            start(root / str(number), ledger, url, PLANS[limit], range(number * share, (number + 1) * share))
            for number in range(2)
        ]
        codes = [run.wait() for run in runs]
    print(report(sandbox.account("crawlora").requests, limit), f"(exit codes {codes})")


if __name__ == "__main__":
    main(int(sys.argv[1]))
