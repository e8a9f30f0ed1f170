"""The publication on PostgreSQL: the marts' rows in separate schemas, replaced in one transaction.

Rows are deleted and inserted; tables are not dropped and renamed. So a reader sees all of the old state or all of the
new, neither waits for the other, and grants and views on the tables stay. Only a table whose columns changed has to be
altered, which waits for its readers, up to a limit.
"""

from __future__ import annotations

import logging
from typing import Any

from tiktok_hashtags.errors import LoadError

logger = logging.getLogger(__name__)
SCHEMAS = {"marts": "published_marts", "reporting": "published_reporting"}
LOCK_SECONDS = 30
_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod)
from pg_attribute as a
where a.attrelid = to_regclass(%s) and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""
_TABLES = "select tablename from pg_tables where schemaname = %s order by tablename"


def publish_schemas(connection: Any, *, lock_seconds: float = LOCK_SECONDS) -> list[str]:
    """Replace the published rows with the marts' rows; return the schemas.

    Call it only after the data tests passed.

    Args:
        connection: An open psycopg2 connection in no transaction.
        lock_seconds: How long to wait for the readers of a table whose columns changed.

    Raises:
        LoadError: The server refused, or readers kept a table locked; the old publication stays.
    """
    import psycopg2

    try:
        connection.set_session(isolation_level="REPEATABLE READ")
        with connection, connection.cursor() as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", (f"{lock_seconds * 1000:.0f}",))
            published = [name for source, target in SCHEMAS.items() for name in _replaced(cursor, source, target)]
        _tidied(connection, published)
    except psycopg2.errors.LockNotAvailable as error:
        raise LoadError(
            "the publication's columns changed, and readers held its tables for longer than "
            f"{lock_seconds:g} s. The former publication stays; `tiktags publish` tries again."
        ) from error
    except psycopg2.Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise LoadError(f"the marts could not be published: {reason}. The former publication stays.") from error
    return list(SCHEMAS.values())


def _replaced(cursor: Any, source: str, target: str) -> list[str]:
    """Replace a schema's rows; return its tables."""
    cursor.execute("select 1 from pg_namespace where nspname = %s", (target,))
    if not cursor.fetchall():  # checked first: "if not exists" needs the right to create schemas in any case
        cursor.execute(f"create schema {_quoted(target)}")
    wanted, present = _tables(cursor, source), _tables(cursor, target)
    for name in present - wanted:
        cursor.execute(f"drop table {_quoted(target, name)}")
    for name in sorted(wanted):
        _replace(cursor, _quoted(source, name), _quoted(target, name))
        logger.info("published %s.%s", target, name)
    return [_quoted(target, name) for name in sorted(wanted)]


def _replace(cursor: Any, source: str, target: str) -> None:
    wanted, present = _columns(cursor, source), _columns(cursor, target)
    if not present:
        cursor.execute(f"create table {target} as table {source}")
        return
    cursor.execute(f"delete from {target}")  # noqa: S608  # quoted names from the catalogue
    changes = [f"drop column {_quoted(name)}" for name in present if present[name] != wanted.get(name)]
    changes += [f"add column {_quoted(name)} {kind}" for name, kind in wanted.items() if present.get(name) != kind]
    if changes:
        cursor.execute(f"alter table {target} {', '.join(changes)}")
    names = ", ".join(map(_quoted, wanted))
    cursor.execute(f"insert into {target} ({names}) select {names} from {source}")  # noqa: S608  # the same


def _tidied(connection: Any, published: list[str]) -> None:
    """Free the space of the replaced rows, and update the planner's statistics."""
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in published:
            cursor.execute(f"vacuum (analyze, skip_locked) {name}")


def _tables(cursor: Any, schema: str) -> set[str]:
    cursor.execute(_TABLES, (schema,))
    return {name for (name,) in cursor.fetchall()}


def _columns(cursor: Any, table: str) -> dict[str, str]:
    cursor.execute(_COLUMNS, (table,))
    return dict(cursor.fetchall())


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)
