"""A warehouse with a raw layer made from the declared sources, and dbt run on it in process."""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).parents[2] / "dbt_project"
RUN_TABLES = ("_dlt_loads", "watchlist", "watchlist__campaigns", "walks", "api_requests", "rejects", "notices")

Row = dict[str, Any]
Marts = dict[str, list[tuple[Any, ...]]]


class Dbt:
    """dbt in process, on one warehouse file at a time so that partial parsing stays valid."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = folder / "warehouse.duckdb"
        self._arguments = [
            *("--project-dir", str(PROJECT)),
            *("--profiles-dir", str(PROJECT)),
            *("--target-path", str(folder / "target")),
            *("--log-path", str(folder / "logs")),
        ]

    def invoke(self, command: str, *arguments: str) -> Any:
        """Run a dbt command with warnings as errors, and return its result."""
        # dbt leaves its log file open, which pytest rightly reports.
        options = ["--quiet", "--warn-error", "--log-level-file", "none"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TIKTAGS_WAREHOUSE", str(self.warehouse))
            patch.setenv("TIKTAGS_TARGET", "duckdb")
            result = dbtRunner().invoke([*options, command, *self._arguments, *arguments])
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb annotates little
        gc.collect()
        assert result.exception is None, result.exception
        return result.result

    def build(self, *arguments: str) -> None:
        """Run `dbt build` as users do and expect every model and data test to pass."""
        without = [*("--exclude-resource-type", "unit_test"), *("--exclude-resource-type", "exposure")]
        results = self.invoke("build", *without, *arguments)
        failed = [each for each in results if each.status not in {"success", "pass"}]
        assert not failed, [(each.node.name, each.message) for each in failed]


class Raw:
    """The raw layer of a warehouse, written as the loader writes it."""

    def __init__(self, path: Path, columns: dict[str, dict[str, str]]) -> None:
        self.path = path
        self._columns = columns

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement on the warehouse and return its rows."""
        with duckdb.connect(str(self.path)) as connection:
            return connection.execute(statement, values).fetchall()

    def create(self, *providers: str) -> None:
        """Create the empty raw tables of these providers and of the runs."""
        wanted = [table for table in self._columns if table in RUN_TABLES or table.split("_")[0] in providers]
        with duckdb.connect(str(self.path)) as connection:
            connection.execute("create schema raw")
            for table in wanted:
                columns = ", ".join(f'"{name}" {type_}' for name, type_ in self._columns[table].items())
                connection.execute(f"create table raw.{table} ({columns})")

    def land(self, load_id: str, snapshot_date: str, rows: dict[str, list[Row]]) -> None:
        """Write the rows of a load that is still under way."""
        lineage = {"_dlt_load_id": load_id, "run_id": f"run {snapshot_date}", "snapshot_date": snapshot_date}
        with duckdb.connect(str(self.path)) as connection:
            for table, listed in rows.items():
                complete = [
                    lineage | {"observed_at": f"{row.get('snapshot_date', snapshot_date)} 08:00:00"} | row
                    for row in listed
                ]
                used = [name for name in self._columns[table] if any(name in row for row in complete)]
                names = ", ".join(f'"{name}"' for name in used)
                # All rows in one statement, because one each takes milliseconds.
                connection.execute(
                    f"insert into raw.{table} ({names}) "  # noqa: S608  # our own names
                    f"select {names} from (select unnest(from_json(?, ?), recursive := true))",
                    [json.dumps(complete), json.dumps([self._columns[table]])],
                )

    def complete(self, *load_ids: str) -> None:
        """Mark loads as completed."""
        for load_id in load_ids:
            self.execute("insert into raw._dlt_loads (load_id, status) values (?, 0)", [load_id])

    def add(self, load_id: str, snapshot_date: str, rows: dict[str, list[Row]]) -> None:
        """Write a load and mark it as completed."""
        self.land(load_id, snapshot_date, rows)
        self.complete(load_id)

    def report(self, name: str, *grain: str) -> dict[tuple[Any, ...], Row]:
        """The rows of a reporting table by the columns of its grain."""
        columns = [row[0] for row in self.execute(f"describe reporting.{name}")]
        rows = [dict(zip(columns, row, strict=True)) for row in self.execute(f"from reporting.{name}")]
        return {tuple(row[column] for column in grain): row for row in rows}

    def marts(self) -> Marts:
        """Every row of every mart, in an order that does not depend on how it was written."""
        with duckdb.connect(str(self.path)) as connection:
            names = connection.execute(
                "select table_schema || '.' || table_name from information_schema.tables "
                "where table_schema in ('marts', 'reporting') order by 1"
            ).fetchall()
            return {name: sorted(connection.execute(f"from {name}").fetchall(), key=repr) for (name,) in names}


@pytest.fixture(scope="session")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """Run dbt with its target, its logs and its warehouse in a folder of the session."""
    return Dbt(tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def columns(dbt: Dbt) -> dict[str, dict[str, str]]:
    """Columns and types of every raw table, as the sources declare them."""
    manifest = dbt.invoke("parse")
    return {
        source.name: {column.name: column.data_type for column in source.columns.values()}
        for source in manifest.sources.values()
    }


@pytest.fixture(scope="session")
def fresh(dbt: Dbt, columns: dict[str, dict[str, str]]) -> Callable[[], Raw]:
    """A function that removes the warehouse and returns the next, which has no raw schema yet."""

    def remove() -> Raw:
        dbt.warehouse.unlink(missing_ok=True)
        return Raw(dbt.warehouse, columns)

    return remove


@pytest.fixture(scope="session")
def keep(dbt: Dbt, columns: dict[str, dict[str, str]]) -> Callable[[str], Raw]:
    """A function that puts a copy of the warehouse aside, so that tests can go on reading it."""

    def copy(name: str) -> Raw:
        path = dbt.warehouse.with_name(f"{name}.duckdb")
        shutil.copy(dbt.warehouse, path)
        return Raw(path, columns)

    return copy
