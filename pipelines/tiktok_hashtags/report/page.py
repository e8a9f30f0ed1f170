"""The page: data, styles and scripts in one file that may load nothing, run nothing else and send nothing.

The content security policy names the style and the scripts by their hashes, so text that slipped into the page would
still not run. The data are in a JSON block without any `<`; the scripts insert them as text only.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import Any

_ASSETS = files("tiktok_hashtags.report") / "assets"
STYLES = ("base.css", "parts.css")
# In the order of their dependencies; together they are one script.
SCRIPTS = (
    "format.js",
    "elements.js",
    "tables.js",
    "charts.js",
    "specs.js",
    "overview.js",
    "trends.js",
    "content.js",
    "campaigns.js",
    "health.js",
    "main.js",
)
LIBRARY = "vega-embed.min.js"
FONT = "inter-latin.woff2"
_UNSAFE = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def render(data: dict[str, Any]) -> str:
    """Return the page for some data."""
    style = "\n".join([_font_face(), *(_asset(name) for name in STYLES)])
    library = _asset(LIBRARY)
    app = "(() => {\n'use strict';\n" + "\n".join(_asset(name) for name in SCRIPTS) + "\n})();"
    policy = (
        f"default-src 'none'; script-src {_hash(library)} {_hash(app)}; style-src {_hash(style)}; "
        "img-src data:; font-src data:; base-uri 'none'; form-action 'none'"
    )
    pieces = {"POLICY": policy, "STYLE": style, "DATA": script_json(data), "LIBRARY": library, "APP": app}
    return _filled(_asset("page.html"), pieces)


def script_json(data: dict[str, Any]) -> str:
    """Return data as JSON that cannot end the script element around it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_UNSAFE)


def _filled(template: str, pieces: dict[str, str]) -> str:
    """Insert each piece in its place, once; a piece is never searched for other places."""
    filled = []
    for number, part in enumerate(template.split("%%")):
        filled.append(pieces[part] if number % 2 else part)
    return "".join(filled)


def _font_face() -> str:
    font = base64.b64encode((_ASSETS / FONT).read_bytes()).decode()
    source = f"url(data:font/woff2;base64,{font}) format('woff2')"
    return f"@font-face {{ font-family: Inter; font-weight: 100 900; src: {source}; }}"


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
