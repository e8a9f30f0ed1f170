"""The data dictionary: dbt's documentation of the models as one page that needs no network.

dbt's page is an application in one script, with the manifest and the catalog written into it. The catalog's names and
types come from the database, so they cannot be trusted, and the page inserts some of them into its HTML unescaped. So
angle brackets and comments are removed here, JSON cannot end the script, and a policy lets the browser run only this
script and fetch nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tiktok_hashtags.errors import TransformError
from tiktok_hashtags.jobs.opened import locked
from tiktok_hashtags.project import Project, replace
from tiktok_hashtags.warehouse import generate_docs

_SCRIPT, _SCRIPT_END = '<script defer="defer">', "</script>"
_MANIFEST, _CATALOG = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'
_ICON = "${require('./assets/favicons/favicon.ico')}"
_POLICY = (
    "default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# The paths of files on the machine that built the page.
_PATHS = frozenset({"root_path", "build_path", "compiled_path"})
_HARMLESS = str.maketrans({"<": "‹", ">": "›"})


def write_docs(project: Project) -> Path:
    """Write the data dictionary to `reports/docs/index.html` and return where it is.

    Raises:
        ConfigError: There is no warehouse yet.
        LockedError: A run is under way.
        TransformError: dbt could not read the warehouse, or its page has an unknown form.
    """
    with locked(project):
        artifacts = generate_docs(project)
    page = static_page(
        (artifacts / "index.html").read_text(encoding="utf-8"),
        manifest=json.loads((artifacts / "manifest.json").read_bytes()),
        catalog=json.loads((artifacts / "catalog.json").read_bytes()),
    )
    path = project.docs / "index.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, lambda aside: aside.write_text(page, encoding="utf-8", newline=""))
    return path


def static_page(template: str, *, manifest: Mapping[str, Any], catalog: Mapping[str, Any]) -> str:
    """Return dbt's page with its data inside, safe to open from anywhere.

    Args:
        template: dbt's `index.html`.
        manifest: The project's description of its models; trusted, because it comes with the package.
        catalog: The database's description of its tables; not trusted.

    Raises:
        TransformError: The template is not as expected.
    """
    head, found, rest = template.partition(_SCRIPT)
    script, ended, body = rest.partition(_SCRIPT_END)
    if not (found and ended and _MANIFEST in script and _CATALOG in script):
        raise TransformError("dbt's documentation page has changed; this version of tiktags cannot fill it")
    script = script.replace(_MANIFEST, _embedded(_quiet(_without(manifest, _PATHS))))
    script = script.replace(_CATALOG, _embedded(_harmless(_without(catalog, frozenset({"comment"})))))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(digest=digest)}">'
    head = head.replace('<meta charset="utf-8">', f'<meta charset="utf-8">{policy}', 1).replace(_ICON, "data:,")
    head = head.replace(' ng-app="dbt"', ' ng-app="dbt" ng-csp="no-unsafe-eval"', 1)
    if policy not in head:
        raise TransformError("dbt's documentation page has changed; its policy has no place")
    return f"{head}{_SCRIPT}{script}{_SCRIPT_END}{body}"


def _embedded(value: Any) -> str:
    """Return JSON that neither ends the script around it nor opens a comment in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _quiet(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest with dbt's tracking off, which its page would otherwise start."""
    return {**manifest, "metadata": {**manifest["metadata"], "send_anonymous_usage_stats": False}}


def _without(value: Any, names: frozenset[str]) -> Any:
    """Return a JSON value with some keys nulled, at any depth."""
    if isinstance(value, Mapping):
        return {key: None if key in names else _without(item, names) for key, item in value.items()}
    return [_without(item, names) for item in value] if isinstance(value, list) else value


def _harmless(value: Any) -> Any:
    """Return a JSON value whose texts and keys cannot be read as HTML."""
    if isinstance(value, str):
        return value.translate(_HARMLESS)
    if isinstance(value, Mapping):
        return {_harmless(key): _harmless(item) for key, item in value.items()}
    return [_harmless(item) for item in value] if isinstance(value, list) else value
