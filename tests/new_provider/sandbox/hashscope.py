"""The emulator of the made-up HashScope: written from its document, not from the provider's module."""

from __future__ import annotations

from urllib.parse import unquote

import httpx

KEY = "sandbox-hashscope-key"
HASHTAGS = {
    "christmas": {"id": "3242", "name": "Christmas", "about": "🎄", "views": 321_857_738_740, "creators": 1_234},
}


def respond(request: httpx.Request) -> httpx.Response:
    """Answer a request."""
    if request.headers.get("x-token") != KEY:
        return httpx.Response(401, json={"error": "wrong token"})
    path = request.url.raw_path.decode("ascii")
    found = HASHTAGS.get(unquote(path.removeprefix("/v1/hashtags/")))
    if request.url.host != "api.hashscope.example" or found is None:
        return httpx.Response(404, json={"error": "no such hashtag"})
    return httpx.Response(200, json={"hashtag": found})
