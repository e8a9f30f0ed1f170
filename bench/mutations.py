"""Break the code in one place at a time, and tell which test notices.

A line a mutation: killed by the first test that fails, or survived. A table by folder comes last. Exits with 1 where a
mutation survived: either it changes nothing that anybody could see, and another takes its place, or a test is missing.

Files are changed where they are, and put back whatever happens; so nothing below pipelines/ or dbt_project/ may be
uncommitted. Worlds that tests keep under tests/.cache are named by the content of all these files, and dbt parses into
a folder of the test session's own: no test reads what the unbroken code has left.

Usage: python bench/mutations.py [WORD ...]    only those with one of the words in the name, the file or the tests
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LISTED = Path(__file__).with_suffix(".toml")
BROKEN = ("pipelines", "dbt_project")
# Far longer than the slowest file of tests; a loop without an end counts as noticed.
LONGEST_SECONDS = 900
PASSED, FAILED, INTERRUPTED = 0, 1, 2
_NOTICED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True)
class Mutation:
    """One defect.

    Args:
        name: What would be wrong, for people.
        file: Where, from the root of the repository on.
        old: The text that is replaced; it occurs once.
        new: The text that takes its place.
        tests: The files or folders of tests that should notice, in the order in which they run.
    """

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The file."""
        return ROOT / self.file

    @property
    def folder(self) -> str:
        """The row of the table that it counts in."""
        parts = Path(self.file).parts
        return f"{parts[2]}/" if parts[0] == "pipelines" else f"{parts[0]}/{parts[1]}/"

    def has_one_of(self, words: Sequence[str]) -> bool:
        """Tell whether it is one of those asked for."""
        text = " ".join((self.name, self.file, *self.tests))
        return not words or any(word in text for word in words)

    def trouble(self) -> str | None:
        """Return why it cannot be tried; None where it can."""
        count = self.path.read_text("utf-8").count(self.old)
        missing = [test for test in self.tests if not (ROOT / test.partition("::")[0]).exists()]
        if count != 1:
            return f"{self.name}: the text is {count} times in {self.file}"
        return f"{self.name}: there is no {', '.join(missing)}" if missing else None

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Break the file, and put it back as it was, with its times, by which Python knows compiled code."""
        content, times = self.path.read_bytes(), self.path.stat()
        try:
            self.path.write_bytes(content.replace(self.old.encode(), self.new.encode()))
            yield
        finally:
            self.path.write_bytes(content)
            os.utime(self.path, ns=(times.st_atime_ns, times.st_mtime_ns))

    def killer(self) -> str | None:
        """Return the first test that notices; None where none does."""
        with self.applied():
            return first_failure(self.tests)


def first_failure(tests: Sequence[str]) -> str | None:
    """Run tests up to the first that fails, and return its id; None where all pass.

    Raises:
        RuntimeError: pytest could not run them.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-p", "no:randomly"]
    try:
        done = subprocess.run(
            [*command, *tests],
            cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"nothing but the time: over {LONGEST_SECONDS} s"
    if done.returncode == PASSED:
        return None
    noticed = _NOTICED.search(done.stdout)
    if done.returncode not in {FAILED, INTERRUPTED} or noticed is None:
        raise RuntimeError(f"pytest {' '.join(tests)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return noticed[1]


def listed() -> list[Mutation]:
    """Return all mutations.

    Raises:
        SystemExit: One of them fits its file no more.
    """
    entries: list[dict[str, Any]] = tomllib.loads(LISTED.read_text("utf-8"))["mutations"]
    mutations = [Mutation(**{**entry, "tests": tuple(entry["tests"])}) for entry in entries]
    troubles = [trouble for mutation in mutations if (trouble := mutation.trouble())]
    if len({mutation.name for mutation in mutations}) < len(mutations):
        troubles.append("two mutations have one name")
    if troubles:
        sys.exit("\n".join(troubles))
    return mutations


def check_clean() -> None:
    """Refuse to start where a file that was put back could be one with changes of somebody's own.

    Raises:
        SystemExit: Something is uncommitted.
    """
    command = ["git", "status", "--porcelain", "--", *BROKEN]
    changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    if changed:
        sys.exit(f"uncommitted changes; nothing was tried:\n{changed}")


def table(tried: Counter[str], killed: Counter[str]) -> str:
    """Return the counts by folder in Markdown."""
    rows = [(folder, tried[folder], killed[folder]) for folder in tried]
    rows.append(("all", tried.total(), killed.total()))
    lines = [f"| {folder} | {count} | {dead} | {count - dead} |" for folder, count, dead in rows]
    return "\n".join(["| folder | tried | killed | survived |", "|---|---|---|---|", *lines])


def main() -> None:
    """Try the mutations one after the other."""
    check_clean()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped; the file is as it was"))
    chosen = [mutation for mutation in listed() if mutation.has_one_of(sys.argv[1:])]
    tried: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    began = time.monotonic()
    for mutation in chosen:
        killer = mutation.killer()
        tried[mutation.folder] += 1
        killed[mutation.folder] += killer is not None
        verdict = f"killed by {killer}" if killer else "SURVIVED"
        print(f"{mutation.folder} {mutation.name}: {verdict}", flush=True)
    print(f"\n{table(tried, killed)}\n\n{len(chosen)} mutations in {(time.monotonic() - began) / 60:.0f} minutes")
    sys.exit(int(killed.total() < tried.total()))


if __name__ == "__main__":
    main()
