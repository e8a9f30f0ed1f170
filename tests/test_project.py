"""Claims about the project itself: its files, its names, its dependencies."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "pipelines" / "tiktok_hashtags"
STAGING = ROOT / "dbt_project" / "models" / "staging"
LINES_PER_FILE = 350
# Staging of what runs say about themselves, which no provider sends.
RUN_TABLES = "tiktags"

# Written so that the pattern does not find itself.
REGISTRY = re.compile(r"pypi\.(?:org|python)|pythonhosted\.|index[-_]url|find[-_]links|registry\.npmjs", re.IGNORECASE)
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==[A-Za-z0-9.!+]+(?: ; python_version [<>=]+ \"3\.\d+\")?")


def test_no_file_of_the_package_is_longer_than_350_lines() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in PACKAGE.rglob("*.py")}

    too_long = {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > LINES_PER_FILE}

    assert lengths
    assert too_long == {}


def test_every_provider_has_its_four_namesakes() -> None:
    providers = provider_names()

    missing = [
        str(path.relative_to(ROOT))
        for name in sorted(providers)
        for path in (
            PACKAGE / "providers" / f"{name}.py",
            PACKAGE / "sandbox" / f"{name}.py",
            ROOT / "tests" / "providers" / f"test_{name}.py",
            STAGING / name,
        )
        if not path.exists()
    ]

    assert providers
    assert missing == []


def test_constraints_are_exact_versions_and_nothing_else() -> None:
    lines = constraint_lines()

    odd = [line for line in lines if not PIN.fullmatch(line)]

    assert lines
    assert odd == []


def test_constraints_pin_everything_that_gets_installed() -> None:
    pinned = {canonicalize_name(line.partition("==")[0]) for line in constraint_lines()}

    unpinned = requirement_closure("tiktok-hashtags", extras=frozenset({"dev"})) - pinned

    assert unpinned == set()


def test_no_file_names_a_package_registry() -> None:
    mentions = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in text_files()
        for match in REGISTRY.finditer(path.read_text("utf-8"))
    ]

    assert mentions == []


def provider_names() -> set[str]:
    """Return every provider that has a file in any place named after providers alone."""
    modules = {path.stem for path in (PACKAGE / "providers").glob("[a-z]*.py")}
    folders = {path.name for path in STAGING.glob("*/")} - {RUN_TABLES}
    return modules | folders


def constraint_lines() -> list[str]:
    """Return the lines of constraints.txt that are no comments."""
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def requirement_closure(distribution: str, *, extras: frozenset[str]) -> set[str]:
    """Return the names of all installed distributions that `distribution[extras]` leads to."""
    found: set[str] = set()
    pending = [(distribution, extras)]
    seen = set(pending)
    while pending:
        name, wanted = pending.pop()
        for requirement in active_requirements(name, extras=wanted):
            found.add(canonicalize_name(requirement.name))
            following = (canonicalize_name(requirement.name), frozenset(requirement.extras))
            if following not in seen:
                seen.add(following)
                pending.append(following)
    return found - {canonicalize_name(distribution)}


def active_requirements(distribution: str, *, extras: frozenset[str]) -> Iterator[Requirement]:
    """Yield the requirements whose markers hold on this Python with any of the extras."""
    try:
        declared = requires(distribution) or []
    except PackageNotFoundError:
        return
    for requirement in map(Requirement, declared):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield requirement


def text_files() -> Iterator[Path]:
    """Yield the files that people write, leaving out what tools put beside them."""
    folders = [ROOT / name for name in (".ci", ".dlt", "bench", "bi", "dbt_project", "docs", "pipelines", "tests")]
    written = {".csv", ".json", ".md", ".py", ".sh", ".sql", ".toml", ".txt", ".yml", ".yaml", ""}
    generated = {"__pycache__", ".cache", "target", "logs", "out"}
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in written)
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and path.suffix in written and not generated & set(path.parts):
                yield path
