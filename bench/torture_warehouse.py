# statements are made of this file's own names
"""What happens to a warehouse from outside: another program has it, it is moved away, an older copy takes its place."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg2
from torture_site import Site

HOST = "127.0.0.1"
DATABASE = "tiktags_torture"
_HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"


class File:
    """A DuckDB file."""

    url = None
    left_out = ""

    def __init__(self, folder: Path) -> None:
        self._copy = folder / "older.duckdb"

    @contextmanager
    def held(self, site: Site) -> Iterator[None]:
        """Have it open in another program for the length of a block."""
        site.data.mkdir(exist_ok=True)
        command = [sys.executable, "-c", _HOLD, str(site.warehouse)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as holder:
            assert holder.stdout
            holder.stdout.readline()  # empty where the run has the file itself
            yield
            holder.kill()

    def keep_copy(self, site: Site) -> None:
        """Keep a copy of its present state."""
        if site.warehouse.exists() and not site.warehouse.with_suffix(".duckdb.wal").exists():
            shutil.copy(site.warehouse, self._copy)

    def restore(self, site: Site) -> bool:
        """Put the older copy in its place; returns whether there is one."""
        if not self._copy.exists():
            return False
        self.move_away(site)
        shutil.copy(self._copy, site.warehouse)
        return True

    def move_away(self, site: Site) -> None:
        """Remove it."""
        for path in site.data.glob("warehouse.duckdb*"):
            path.unlink()

    def close(self) -> None:
        """Leave the file where it is."""


class Database:
    """A PostgreSQL database of its own, on a private cluster where the server's programs are installed."""

    def __init__(self, folder: Path) -> None:
        self._cluster = Cluster.started(folder / "cluster")
        self.left_out = "" if self._cluster else "restarts of the server: initdb is not there, or this is not root"
        self._server = f"postgresql://postgres@{HOST}:{self._cluster.port if self._cluster else 5432}"
        self._name = f"{DATABASE}_{os.getpid()}"
        self.url = f"{self._server}/{self._name}"
        self._copied = False
        self._do(f"create database {self._name}")

    @contextmanager
    def held(self, site: Site) -> Iterator[None]:  # noqa: ARG002  # the protocol's
        """Let nobody in, and cut who is, for the length of a block; a private cluster is stopped at once."""
        if self._cluster:
            self._cluster.stop()
        else:
            self._do(f"alter database {self._name} allow_connections false")
            self._cut()
        yield
        if self._cluster:
            self._cluster.start()
        else:
            self._do(f"alter database {self._name} allow_connections true")

    def keep_copy(self, site: Site) -> None:  # noqa: ARG002  # the protocol's
        """Keep a copy of its present state."""
        self._cut()
        self._do(f"drop database if exists {self._name}_older")
        self._do(f"create database {self._name}_older template {self._name}")
        self._copied = True

    def restore(self, site: Site) -> bool:  # noqa: ARG002  # the protocol's
        """Put the older copy in its place; returns whether there is one."""
        if self._copied:
            self._renew(f"template {self._name}_older")
        return self._copied

    def move_away(self, site: Site) -> None:  # noqa: ARG002  # the protocol's
        """Begin with an empty database."""
        self._renew("")

    def close(self) -> None:
        """Drop the databases, and end the cluster."""
        self._cut()
        for name in (self._name, f"{self._name}_older"):
            self._do(f"drop database if exists {name}")
        if self._cluster:
            self._cluster.stop()

    def _renew(self, source: str) -> None:
        self._cut()
        self._do(f"drop database {self._name}")
        self._do(f"create database {self._name} {source}")

    def _cut(self) -> None:
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where datname like"
        self._do(f"{cut} '{self._name}%' and pid <> pg_backend_pid()")
        time.sleep(0.2)

    def _do(self, statement: str) -> None:
        with closing(psycopg2.connect(f"{self._server}/postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


class Cluster:
    """A PostgreSQL server that nobody else uses."""

    def __init__(self, folder: Path, programs: Path, port: int) -> None:
        self._folder, self._programs, self.port = folder, programs, port

    @classmethod
    def started(cls, folder: Path) -> Cluster | None:
        """Start one, or return None where it cannot be."""
        programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs or os.geteuid() or not (programs[-1] / "initdb").exists():
            return None
        with closing(socket.socket()) as free:
            free.bind((HOST, 0))
            port = free.getsockname()[1]
        folder.mkdir(parents=True)
        shutil.chown(folder, "postgres", "postgres")
        for parent in (folder.parent, folder.parent.parent):
            with suppress(PermissionError):
                parent.chmod(parent.stat().st_mode | 0o011)
        cluster = cls(folder, programs[-1], port)
        cluster._run("initdb", "-D", str(folder / "data"), "-A", "trust", "-N")
        cluster.start()
        return cluster

    def start(self) -> None:
        """Start the server."""
        settings = f"-p {self.port} -c listen_addresses={HOST} -c unix_socket_directories={self._folder} -c fsync=off"
        self._run(
            "pg_ctl", "-D", str(self._folder / "data"), "-l", str(self._folder / "log"), "-w", "-o", settings, "start"
        )

    def stop(self) -> None:
        """Stop the server at once, as a crash of it would."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "immediate", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        command = ["runuser", "-u", "postgres", "--", str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self._folder)


class Disk:
    """A file system in memory on a folder, whose size can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.is_mounted = self._mount("-t", "tmpfs", "-o", "size=1g", "tmpfs")

    def leave_free(self, kilobytes: int | None) -> None:
        """Leave so much room; None is plenty."""
        used = shutil.disk_usage(self.folder).used // 1024
        size = f"{used + kilobytes}k" if kilobytes is not None else "1g"
        self._mount("-o", f"remount,size={size}")

    def close(self) -> None:
        """Unmount it."""
        if self.is_mounted:
            subprocess.run(["umount", "-l", self.folder], check=True)

    def _mount(self, *options: str) -> bool:
        return subprocess.run(["mount", *options, self.folder], capture_output=True, check=False).returncode == 0
