"""dbt's manifest, kept from build to build.

dbt keeps what it parsed only for one path of the warehouse, and even then takes a second to look through it. A manifest
holds no such path, so one that is kept by the contents of the dbt project serves every copy of a project folder.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any

from tiktok_hashtags.project import replace

logger = logging.getLogger(__name__)

CACHE_VARIABLE = "TIKTAGS_CACHE"
_KEPT = 20  # one for each version of the project and each catalog; a manifest takes 1.5 MB


def manifest(folder: Path, variables: Mapping[str, str], *, cache: Path, parse: Callable[[], Any]) -> Any:
    """Return dbt's manifest of a dbt project, parsed only if it is not kept already.

    Args:
        folder: The dbt project.
        variables: The environment that dbt's profile reads.
        cache: Where manifests are kept, unless `TIKTAGS_CACHE` names another folder. Without the right to write there
            every build parses.
        parse: Has dbt parse the project.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    cache = Path(os.environ.get(CACHE_VARIABLE) or cache)
    path = cache / f"manifest-{_key(folder, variables)}.msgpack"
    try:
        found = Manifest.from_msgpack(path.read_bytes(), decoder=extended_mashumuro_decoder)
    except FileNotFoundError:
        pass
    except Exception as error:  # noqa: BLE001  # msgpack, mashumaro and the file system have no common class
        logger.warning("dbt's kept manifest cannot be read, so dbt parses the project again: %s", error)
    else:
        with suppress(OSError):  # without the right to write in it
            os.utime(path)  # the manifests that were used last stay
        found.build_flat_graph()  # type: ignore[no-untyped-call]  # dbt's own code
        return found
    parsed = parse()
    _keep(path, parsed.to_msgpack(extended_mashumaro_encoder))
    return parsed


def _key(folder: Path, variables: Mapping[str, str]) -> str:
    """Return a name for all that a manifest depends on: versions, the project's files, the target and its catalog."""
    digest = blake2b(digest_size=12)
    versions = sorted(
        # The remains of a broken installation have no name.
        f"{found.name} {found.version}"
        for found in metadata.distributions()
        if (found.name or "").startswith("dbt")
    )
    # Of a file's path dbt takes the name alone, as the name of the catalog; secrets are no part of a manifest.
    target = sorted(
        (name, Path(value).name if Path(value).is_absolute() else value)
        for name, value in variables.items()
        if not name.startswith("DBT_ENV_SECRET_")
    )
    digest.update(repr((versions, target, str(folder))).encode())
    profiles = Path(variables["DBT_PROFILES_DIR"]) / "profiles.yml"
    # dbt notes its user in .user.yml, and writes compiled SQL into target/.
    files = (path for suffix in ("sql", "yml", "csv", "md") for path in folder.rglob(f"[!.]*.{suffix}"))
    for path in sorted({profiles, *(path for path in files if folder / "target" not in path.parents)}):
        digest.update(f"\0{path}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _keep(path: Path, packed: bytes) -> None:
    """Write a manifest and remove the oldest ones; without the right or the room to do so there is none to keep."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, lambda aside: aside.write_bytes(packed))
        kept = sorted(path.parent.glob("manifest-*.msgpack"), key=lambda found: found.stat().st_mtime)
        for old in kept[:-_KEPT]:
            old.unlink(missing_ok=True)
    except OSError as error:
        logger.info("dbt's manifest was not kept, so the next build parses the project again: %s", error)
