"""The tables of dlt's configuration, each read into a struct whose annotations describe the values of its keys.

A key's `Meta` has a description, which completes "expected ..." in the message about a wrong value. The value of a key
with `extra=HIDDEN` appears in no message; a key with `extra=SECRET` is also read only from places for secrets.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin

import dlt
import msgspec

from tiktok_hashtags.errors import ConfigError

DEFAULT_JOURNAL_DAYS = 35
# Longer than any text that a person wrote on TikTok; a text of megabytes takes the memory of a load.
MAX_TEXT_CHARS = 65_536
HIDDEN = {"is_hidden": True}
SECRET = {"is_hidden": True, "is_secret": True}
Days = Annotated[int, msgspec.Meta(ge=1, le=100_000, description="a number of days from 1 to 100000")]
Text = Annotated[str, msgspec.Meta(description="a text in quotes")]
_Destination = Annotated[str | dict[str, Any], msgspec.Meta(description="the name of a warehouse")]
_Table = TypeVar("_Table", bound=msgspec.Struct)


class Retention(msgspec.Struct, frozen=True):
    """`[retention]`: how long data are kept, in days before today; None keeps them forever.

    Args:
        journal_days: Pages of the journal, and dlt's folders of finished loads.
        rejects_days: `raw.rejects` and `raw.notices`.
    """

    journal_days: Days = DEFAULT_JOURNAL_DAYS
    rejects_days: Days | None = None


class Disk(msgspec.Struct, frozen=True):
    """`[disk]`: the room that a run needs before it starts.

    Args:
        least_free_mb: Free megabytes beside those that the planned requests may need; 0 starts a run on any disk.
    """

    least_free_mb: Annotated[int, msgspec.Meta(ge=0, le=10**9, description="a number of megabytes, 0 or more")] = 100


class _Sources(msgspec.Struct, frozen=True):
    ledger_path: Text | None = None
    max_text_chars: Annotated[
        int, msgspec.Meta(ge=1_000, le=2**30, description="a number of characters from 1000 to 1073741824")
    ] = MAX_TEXT_CHARS


class _Top(msgspec.Struct, frozen=True):
    destination: _Destination = "duckdb"


def section(
    name: str,
    kind: type[_Table],
    *,
    given: Mapping[str, object] | None = None,
    fallback: str | None = None,
) -> _Table:
    """Read a table of dlt's configuration: the environment, `.dlt/secrets.toml`, `.dlt/config.toml`.

    Call it on the main thread: the decoder of a struct is made at its first use.

    Args:
        name: The table, like `sources.unifapi`; empty for the keys above the first table.
        kind: The struct; with `forbid_unknown_fields` the table may have no other keys.
        given: Values that take precedence over the configuration; None counts as not given.
        fallback: The table from which to read missing keys, except secrets.

    Raises:
        ConfigError: A value does not fit its key, or a key of the table is unknown.
    """
    fields = msgspec.structs.fields(kind)
    if kind.__struct_config__.forbid_unknown_fields:
        _check_names(name, [field.name for field in fields])
    values = dict(given or {})
    for field in fields:
        if values.get(field.name) is None:
            values[field.name] = _configured(name, field, fallback)
    readable = {field.name: _readable(values[field.name], field) for field in fields}
    found = {key: value for key, value in readable.items() if value not in (None, "")}
    try:
        return msgspec.convert(found, kind, strict=False)
    except msgspec.ValidationError as error:
        wrong = next(field for field in fields if re.search(rf"\$\.{field.name}\b", str(error)))
        meta = _meta(wrong)
        raise wrong_value(
            name, wrong.name, str(meta.description), found[wrong.name], is_hidden=bool(meta.extra)
        ) from error


def wrong_value(table: str, key: str, expected: str, found: object, *, is_hidden: bool = False) -> ConfigError:
    """Return the error for a value that its key does not accept."""
    place = f"[{table}] {key}" if table else key
    variable = "__".join([*filter(None, table.split(".")), key]).upper()
    file = "secrets.toml" if is_hidden else "config.toml"
    shown = "another value (a secret, so it is not shown)" if is_hidden else repr(found)
    return ConfigError(
        f"{place}: expected {expected}, found {shown}. "
        f"Nothing was done. Correct it in .dlt/{file}, or in the environment as {variable}."
    )


def read_retention() -> Retention:
    """Read `[retention]`.

    Raises:
        ConfigError: A value is not a number of days.
    """
    return section("retention", Retention)


def max_text_chars() -> int:
    """Return the length at which texts are cut in the tables, `max_text_chars` under `[sources]`.

    Raises:
        ConfigError: It is not a number of characters.
    """
    return section("sources", _Sources).max_text_chars


def read_disk() -> Disk:
    """Read `[disk]`.

    Raises:
        ConfigError: A value is not a number of megabytes.
    """
    return section("disk", Disk)


def destination(kinds: Collection[str]) -> str:
    """Return the kind of warehouse that `destination`, above the first table, names; by default a DuckDB file.

    Raises:
        ConfigError: The kind does not exist, or only a table with credentials is configured.
    """
    found = section("", _Top).destination
    if isinstance(found, dict):
        other = next((kind for kind in kinds if kind in found and kind != "duckdb"), None)
        if other:
            raise ConfigError(
                f"destination: expected one of {', '.join(kinds)}, found a table. Nothing was done. "
                f'Put `destination = "{other}"` at the top of .dlt/config.toml and '
                f"[destination.{other}.credentials] into .dlt/secrets.toml."
            )
        return "duckdb"
    if found not in kinds:
        raise wrong_value("", "destination", f"one of {', '.join(kinds)}", found)
    return found


def shared_ledger() -> Path | None:
    """Return the journal and ledger that several project folders share (`[sources] ledger_path`), or None."""
    found = section("sources", _Sources).ledger_path
    return Path(found) if found else None


def is_secret(place: str) -> bool:
    """Return whether a value is in a place for secrets: the environment, or `.dlt/secrets.toml`."""
    return dlt.secrets.get(place) is not None


def key_variable(provider: str) -> str:
    """Return the environment variable that holds a provider's key."""
    return f"SOURCES__{provider.upper()}__API_KEY"


def _configured(table: str, field: msgspec.structs.FieldInfo, fallback: str | None) -> object:
    place, extra = f"{table}.{field.name}" if table else field.name, _meta(field).extra
    found: object = dlt.secrets.get(place) if extra else dlt.config.get(place)
    if found is not None or extra == SECRET:
        return found
    return dlt.config.get(f"{fallback}.{field.name}" if fallback else place)


def _readable(found: object, field: msgspec.structs.FieldInfo) -> object:
    """Return a value without surrounding blanks; a list in the environment is JSON."""
    if not isinstance(found, str):
        return found
    text = found.strip()
    is_list = any(get_origin(part) is tuple for part in _parts(field.type))
    try:
        return msgspec.json.decode(text) if is_list and text else text
    except msgspec.DecodeError:
        return text


def _parts(kind: Any) -> Iterator[Any]:
    yield kind
    for part in get_args(kind):
        yield from _parts(part)


def _meta(field: msgspec.structs.FieldInfo) -> msgspec.Meta:
    return next(part for part in _parts(field.type) if isinstance(part, msgspec.Meta))


def _check_names(table: str, names: Collection[str]) -> None:
    for provider in dlt.config.config_providers:
        found, _ = provider.get_value(table, Any, None)
        for key in sorted(found) if isinstance(found, Mapping) else ():
            if key not in names:
                raise ConfigError(
                    f"[{table}]: unknown key `{key}`; expected one of {', '.join(names)}. "
                    "Nothing was done. Correct its name in .dlt/, or remove it."
                )
