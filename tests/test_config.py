"""A table of configuration becomes a struct, or one form of error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from tiktok_hashtags.config import (
    HIDDEN,
    SECRET,
    Retention,
    destination,
    key_variable,
    read_retention,
    section,
    shared_ledger,
)
from tiktok_hashtags.errors import ConfigError

Count = Annotated[int, msgspec.Meta(ge=1, le=9, description="a whole number from 1 to 9")]
Words = Annotated[tuple[str, ...], msgspec.Meta(description="a list of words")]
Hidden = Annotated[str, msgspec.Meta(max_length=12, description="a short text", extra=HIDDEN)]
Secret = Annotated[str, msgspec.Meta(max_length=12, description="a short text", extra=SECRET)]
WriteFiles = Callable[..., None]


class Table(msgspec.Struct, frozen=True):
    count: Count = 3
    words: Words = ()
    hidden: Hidden | None = None
    secret: Secret | None = None


class Closed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    count: Count = 3
    words: Words = ()


@pytest.fixture
def write_files(tmp_path: Path) -> Iterator[WriteFiles]:
    """Write `.dlt/config.toml` and `.dlt/secrets.toml`, and have dlt read them."""
    context = Container()[PluggableRunContext]
    before = context.context.run_dir
    folder = tmp_path / "project" / ".dlt"
    folder.mkdir(parents=True)

    def write(config: str = "", secrets: str = "") -> None:
        (folder / "config.toml").write_text(config)
        (folder / "secrets.toml").write_text(secrets)
        context.reload(str(folder.parent))

    yield write
    context.reload(before)


def test_an_absent_table_gives_the_defaults() -> None:
    assert section("example", Table) == Table()


def test_the_environment_overrides_the_files(write_files: WriteFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files('[example]\ncount = 4\nwords = ["a", "b"]\n', '[example]\nsecret = "s"\n')
    monkeypatch.setenv("EXAMPLE__COUNT", " 5\n")

    assert section("example", Table) == Table(count=5, words=("a", "b"), secret="s")


def test_a_list_in_the_environment_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE__WORDS", '["a b", "c"]')

    assert section("example", Table).words == ("a b", "c")


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch, empty: str) -> None:
    monkeypatch.setenv("EXAMPLE__COUNT", empty)
    monkeypatch.setenv("EXAMPLE__WORDS", empty)

    assert section("example", Table) == Table()


def test_a_given_value_overrides_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE__COUNT", "5")

    assert section("example", Table, given={"count": 6, "hidden": None}) == Table(count=6)


def test_a_missing_key_is_read_from_the_fallback_unless_it_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL__COUNT", "7")
    monkeypatch.setenv("ALL__SECRET", "s")

    assert section("all.example", Table, fallback="all") == Table(count=7)


def test_a_secret_is_not_read_from_config_toml(write_files: WriteFiles) -> None:
    write_files('[example]\nsecret = "s"\nhidden = "h"\n')

    assert section("example", Table) == Table(hidden="h")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("count", "10", "count: expected a whole number from 1 to 9, found '10'. "),
        ("count", "1.5", "count: expected a whole number from 1 to 9, found '1.5'. "),
        ("words", "a b", "words: expected a list of words, found 'a b'. "),
        ("words", "[1]", "words: expected a list of words, found [1]. "),
        ("words", '{"a": 1}', "words: expected a list of words, found {'a': 1}. "),
    ],
)
def test_a_wrong_value_is_named_with_its_place_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, key: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"EXAMPLE__{key.upper()}", value)

    with pytest.raises(ConfigError) as caught:
        section("example", Table)

    remedy = f"Nothing was done. Correct it in .dlt/config.toml, or in the environment as EXAMPLE__{key.upper()}."
    assert str(caught.value) == f"[example] {said}{remedy}"


@pytest.mark.parametrize("value", ["true", "1.5", "[1]", '"five"'])
def test_a_wrong_type_in_a_file_is_an_error(write_files: WriteFiles, value: str) -> None:
    write_files(f"[example]\ncount = {value}\n")

    with pytest.raises(ConfigError, match=r"^\[example\] count: expected a whole number from 1 to 9, found "):
        section("example", Table)


@pytest.mark.parametrize("key", ["hidden", "secret"])
def test_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv(f"EXAMPLE__{key.upper()}", "a-password-of-mine")

    with pytest.raises(ConfigError) as caught:
        section("example", Table)

    assert str(caught.value).startswith(f"[example] {key}: expected a short text, found another value (a secret")
    assert "password" not in str(caught.value)


def test_an_unknown_key_of_a_closed_table_is_an_error(write_files: WriteFiles) -> None:
    write_files("[example]\ncuont = 4\n")

    assert section("example", Table) == Table()
    with pytest.raises(ConfigError, match=r"^\[example\]: unknown key `cuont`; expected one of count, words\. "):
        section("example", Closed)


def test_retention_is_35_days_of_pages_and_all_rejects_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_retention() == Retention(journal_days=35, rejects_days=None)

    monkeypatch.setenv("RETENTION__REJECTS_DAYS", "90")
    assert read_retention() == Retention(rejects_days=90)


def test_a_table_of_credentials_alone_does_not_choose_a_warehouse(write_files: WriteFiles) -> None:
    write_files(secrets='[destination.postgres.credentials]\nhost = "db.example"\n')

    with pytest.raises(ConfigError, match=r"^destination: expected one of duckdb, postgres, found a table\."):
        destination(("duckdb", "postgres"))
    assert destination(("duckdb", "lake")) == "duckdb"


def test_several_projects_can_share_a_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared_ledger() is None

    monkeypatch.setenv("SOURCES__LEDGER_PATH", "/var/lib/ledger.sqlite")
    assert shared_ledger() == Path("/var/lib/ledger.sqlite")


def test_the_variable_of_a_key_is_named_after_the_provider() -> None:
    assert key_variable("unifapi") == "SOURCES__UNIFAPI__API_KEY"
