"""The page as text: no data can break out of it, and it loads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser

import pytest
from publication import HOSTILE

from tiktok_hashtags.report.page import render, script_json

ALLOWED = {"#main", "data:image/svg+xml,"}


class Page(HTMLParser):
    """Collects what a browser would run, style or load."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.policy = ""
        self.blocks: list[tuple[str, str | None, str]] = []
        self.links: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"] or ""
        if tag in ("script", "style"):
            self.blocks.append((tag, found.get("type"), ""))
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        if self.blocks and self.cdata_elem:
            tag, kind, text = self.blocks[-1]
            self.blocks[-1] = (tag, kind, text + data)


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render({"meta": {}, "texts": list(HOSTILE)}))


def sources(policy: str, directive: str) -> list[str]:
    [found] = [part.split() for part in policy.split(";") if part.split()[0] == directive]
    return found[1:]


def test_the_policy_allows_exactly_the_page_s_own_scripts_and_style(page: Page) -> None:
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for tag, kind, text in page.blocks:
        if kind is None:
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            hashes[tag].append(f"'sha256-{digest}'")

    assert sources(page.policy, "script-src") == hashes["script"]
    assert sources(page.policy, "style-src") == hashes["style"]
    assert sources(page.policy, "default-src") == ["'none'"]
    assert "unsafe" not in page.policy


def test_nothing_is_loaded_and_no_element_carries_script_or_style(page: Page) -> None:
    assert {link for link in page.links if not link.startswith(tuple(ALLOWED))} == set()
    assert [name for name in page.attributes if name.startswith("on") or name == "style"] == []


def test_the_library_writes_no_end_of_a_script(page: Page) -> None:
    kinds = [(tag, kind) for tag, kind, _ in page.blocks]

    assert kinds == [("style", None), ("script", "application/json"), ("script", None), ("script", None)]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_can_end_the_block_of_data(text: str) -> None:
    made = script_json({text: [text]})

    assert not set("<>&\u2028\u2029") & set(made)
    assert json.loads(made) == {text: [text]}


def test_a_text_that_looks_like_a_place_of_the_page_stays_text(page: Page) -> None:
    data = next(text for _, kind, text in page.blocks if kind == "application/json")

    assert json.loads(data)["texts"] == list(HOSTILE)


def test_a_number_that_json_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        script_json({"view_count": float("nan")})
