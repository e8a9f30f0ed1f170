"""The states of sites after some days, read back instead of run again while the code is unchanged."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from tests.kept import kept

from tiktok_hashtags.sandbox import PROVIDERS

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

T = TypeVar("T")


def lived(name: str, live: Callable[[], T], site: Site, *others: object) -> T:
    """Return the result of `live`, with the site's folder and its providers' accounts in the state after it.

    Args:
        name: The name of the state.
        live: Runs the days.
        site: The site that the days change.
        others: Objects besides the site that the result may contain, and that are not stored.
    """
    with kept(name) as there:
        if there and there.is_there:
            return cast("T", _read_back(there.folder, site, (site, *others)))
        remembered = live()
        if there:
            shutil.copytree(site.project.root, there.folder / "project")
            accounts = {name: site.sandbox.account(name) for name in PROVIDERS}
            with (there.folder / "remembered").open("wb") as file:
                _Pickler(file, (site, *others)).dump((accounts, remembered))
    return remembered


def _read_back(folder: Path, site: Site, given: tuple[object, ...]) -> Any:
    shutil.rmtree(site.project.root)
    shutil.copytree(folder / "project", site.project.root)
    with (folder / "remembered").open("rb") as file:
        accounts, remembered = _Unpickler(file, given).load()
    for name, account in accounts.items():
        for each in fields(account):
            setattr(site.sandbox.account(name), each.name, getattr(account, each.name))
    return remembered


class _Pickler(pickle.Pickler):
    """Writes numbers for the objects that the reader is given."""

    def __init__(self, file: BinaryIO, given: tuple[object, ...]) -> None:
        super().__init__(file)
        self._given = given

    def persistent_id(self, obj: object) -> int | None:
        return next((number for number, given in enumerate(self._given) if given is obj), None)


class _Unpickler(pickle.Unpickler):
    """Reads what `_Pickler` has written."""

    def __init__(self, file: BinaryIO, given: tuple[object, ...]) -> None:
        super().__init__(file)
        self._given = given

    def persistent_load(self, pid: int) -> object:
        return self._given[pid]
