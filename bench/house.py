"""Measure the house: sizes of files and functions, rooms, import levels and arrows, and the path of one request.

Prints one figure per line beside its limit, and exits with 1 if one is exceeded. `make lint` runs it.
"""

from __future__ import annotations

import ast
import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "pipelines" / "tiktok_hashtags"
OTHERS = ("tests", "bench", "bi", "tools")
PROVIDERS = ("crawlora", "scraper", "tikliveapi", "unifapi")
START = datetime(2026, 11, 1, 6)  # noqa: DTZ001  # naive UTC, as the warehouse stores times
# What the package keeps to. The last two are ceilings on the way to 25 files and 220 changes.
LIMITS = {
    "folders at the top": 9,
    "files at the top": 7,
    "import levels": 9,
    "upward imports": 0,
    "folders that a provider imports": 6,
    "longest function, lines": 45,
    "longest file of the package, lines": 350,
    "longest other Python file, lines": 350,
    "longest SQL model, lines": 160,
    "files that a traced run enters": 42,
    "changes of file in a traced run": 360,
}


@dataclass(frozen=True)
class Module:
    """One file of the package and the rooms that it imports."""

    path: Path
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder below the package, or the file's own name at its top."""
        parts = self.path.relative_to(PACKAGE).parts
        return parts[0] if len(parts) > 1 else self.path.stem

    def imports(self) -> set[str]:
        """Return the other rooms that this file imports."""
        names = (node.module or "" for node in ast.walk(self.tree) if isinstance(node, ast.ImportFrom))
        ours = (name.split(".")[1] for name in names if name.startswith("tiktok_hashtags."))
        return {name for name in ours if name != self.room}


def modules() -> list[Module]:
    """Return the files of the package, but for the sandbox's insides, which import none of ours."""
    return [Module(path, ast.parse(path.read_text())) for path in sorted(PACKAGE.rglob("*.py"))]


def function_lengths(trees: Iterator[ast.Module]) -> list[int]:
    """Return the lines of every function, from its first decorator's line below to its end."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, kinds)
    ]


def levels(arrows: dict[str, set[str]]) -> tuple[int, int]:
    """Return the length of the longest chain of rooms, and how many arrows close a circle."""
    depth: dict[str, int] = {}
    circles = 0

    def measure(room: str, above: tuple[str, ...]) -> int:
        nonlocal circles
        if room in above:
            circles += 1
            return 0
        if room not in depth:
            depth[room] = 1 + max((measure(below, (*above, room)) for below in arrows.get(room, ())), default=0)
        return depth[room]

    return max(measure(room, ()) for room in sorted(arrows)), circles


def traced_run() -> tuple[list[str], int]:
    """Run one hashtag with one request and no dbt; return our files that it entered, and the changes of file."""
    from tiktok_hashtags import providers
    from tiktok_hashtags.clock import frozen_clock
    from tiktok_hashtags.jobs import Options, run_project
    from tiktok_hashtags.project import Project
    from tiktok_hashtags.sandbox import Sandbox, SandboxClock, World, serve

    for name in providers.names():  # imports are not the path of a row
        providers.provider(name)
    world = World(seed=3, hashtags=1, videos=3)
    with tempfile.TemporaryDirectory() as folder, serve(Sandbox(world, SandboxClock(START.replace(tzinfo=UTC)))) as at:
        project = Project(Path(folder))
        names = f'[[hashtags]]\nname = "{world.hashtags[0].name}"\nproviders = ["crawlora"]\n'
        project.watchlist.write_text(names, encoding="utf-8")
        os.environ |= {
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "SOURCES__CRAWLORA__API_KEY": at.sandbox.keys["crawlora"],
            "SOURCES__CRAWLORA__BASE_URL": at.base_urls["crawlora"],
        }
        os.chdir(folder)
        options = Options(clock=frozen_clock(START), transforms=False)
        path = traced(lambda: run_project(project, options).exit_code)
        os.chdir(ROOT)
    return sorted(set(path)), len(path)


def traced(work: Callable[[], int]) -> list[str]:
    """Return our files in the order in which calls of the main thread's work and its threads entered them.

    Raises:
        SystemExit: The work did not end with 0.
    """
    import threading

    path: list[str] = []
    last: dict[int, str] = {}

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or frame.f_code.co_name == "<module>":
            return
        name = frame.f_code.co_filename
        if not name.startswith(str(PACKAGE)) or "/sandbox/" in name:
            return
        if last.get(threading.get_ident()) != name:
            last[threading.get_ident()] = name
            path.append(name.removeprefix(f"{PACKAGE}/"))

    threading.setprofile(enter)
    sys.setprofile(enter)
    try:
        code = work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    if code:
        raise SystemExit(f"the traced run ended with exit code {code}; nothing was measured")
    return path


def measured() -> dict[str, float]:
    """Return every figure by its name."""
    found = modules()
    ours = [module for module in found if module.room != "sandbox"]
    arrows: dict[str, set[str]] = {}
    for module in ours:
        if module.path.name != "__main__.py":
            arrows.setdefault(module.room, set()).update(module.imports())
    depth, circles = levels(arrows)
    lengths = function_lengths(module.tree for module in found)
    providers = [module for module in ours if module.path.stem in PROVIDERS and module.room == "providers"]
    files, changes = traced_run()
    rooms = {module.room for module in found if module.path.parent != PACKAGE}
    return {
        "folders at the top": len(rooms),
        "files at the top": sum(module.path.parent == PACKAGE for module in found),
        "import levels": depth,
        "upward imports": circles,
        "arrows between rooms": sum(map(len, arrows.values())),
        "folders that a provider imports": max(len(module.imports() & rooms) for module in providers),
        "median function, lines": statistics.median(lengths),
        "p90 of functions, lines": statistics.quantiles(lengths, n=10)[-1],
        "longest function, lines": max(lengths),
        "longest file of the package, lines": longest(PACKAGE, "*.py"),
        "longest other Python file, lines": max(longest(ROOT / name, "*.py") for name in OTHERS),
        "longest SQL model, lines": longest(ROOT / "dbt_project" / "models", "*.sql"),
        "files that a traced run enters": len(files),
        "changes of file in a traced run": changes,
    }


def longest(folder: Path, pattern: str) -> int:
    """Return the lines of the longest file."""
    return max(len(path.read_text().splitlines()) for path in folder.rglob(pattern))


def main() -> None:
    """Print the figures and stop where one is over its limit."""
    over = []
    for name, value in measured().items():
        limit = LIMITS.get(name)
        over += [name] if limit is not None and value > limit else []
        print(f"{name:36}{value:6g}" + (f"  at most {limit}" if limit is not None else ""))
    if over:
        raise SystemExit(f"over the limit: {', '.join(over)}")


if __name__ == "__main__":
    main()
