"""The page in a real browser: quiet, closed, usable by keyboard, and what it saves is harmless to spreadsheets."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tiktok_hashtags.clock import frozen_clock
from tiktok_hashtags.project import Project
from tiktok_hashtags.report import write_report

from .conftest import NOW, PASSED, MakeProject

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
TABS = ("overview", "trends", "content", "people", "campaigns", "cost", "health")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="there is no chromium (Debian: apt-get install chromium)"
)


@dataclass
class Visit:
    """A page, and what it said and asked for while it was open."""

    page: Page
    url: str
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, tab: str = "overview") -> Page:
        """Show a tab with all its charts drawn."""
        self.page.goto(f"{self.url}#{tab}")
        self.draw()
        return self.page

    def draw(self) -> None:
        """Bring every chart of the tab on the screen."""
        for chart in self.page.locator(".panel:not([hidden]) .chart").all():
            chart.scroll_into_view_if_needed()
            chart.locator("svg").first.wait_for()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "CI needs chromium: .ci/run installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-sync"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """A function that opens a report in a fresh profile; at the end the page must have been quiet and closed."""
    visits: list[Visit] = []

    def start(project: Project, **context: Any) -> Visit:
        path = project.report if project.report.exists() else write_report(project, clock=frozen_clock(NOW)).path
        page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
        made = Visit(page, path.as_uri())
        page.set_default_timeout(20_000)
        page.on("console", lambda message: made.messages.append(message.text))
        page.on("pageerror", lambda error: made.messages.append(str(error)))
        page.on("request", lambda request: made.requests.append(request.url))
        visits.append(made)
        return made

    yield start
    for made in visits:
        assert made.messages == []
        assert [url for url in made.requests if not url.startswith((made.url, "data:", "blob:"))] == []
        assert made.page.evaluate("window.hacked") is None
        made.page.context.close()


def saved(page: Page, label: str) -> list[dict[str, str]]:
    """The rows of the CSV that a button saves."""
    with page.expect_download() as download:
        page.get_by_label(f"Save {label} as CSV").click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_is_drawn_without_an_error_a_request_or_a_failed_chart(
    tab: str, visit: Callable[..., Visit], project: Project
) -> None:
    page = visit(project).open(tab)

    panel = page.locator(f"#panel-{tab}")
    assert panel.locator(".card").count() > 0
    assert panel.get_by_text("could not be drawn").count() == 0
    assert panel.get_by_text("Not in this publication").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: str, visit: Callable[..., Visit], make_project: MakeProject) -> None:
    made = visit(make_project(videos=12, creators=6, hashtags=6, lists=1), color_scheme=scheme, bypass_csp=True)
    made.open()
    made.page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text("utf-8"))

    only = "axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations)"
    found = {tab: made.open(tab).evaluate(only) for tab in TABS}

    told = [
        (tab, each["id"], each["impact"], [node["html"][:160] for node in each["nodes"][:3]])
        for tab, violations in found.items()
        for each in violations
    ]
    assert told == []


def test_hostile_captions_stand_there_as_text(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open("content")

    table = page.get_by_role("region", name="Top videos, table")
    assert table.get_by_text("<img src=x onerror=window.hacked=1>").count() > 0
    assert page.locator("#panels img, #panels script, #panels iframe").count() == 0
    links = table.locator("a").evaluate_all("links => links.map(link => link.protocol + '//' + link.host)")
    assert set(links) == {"https://www.tiktok.com"}


def test_a_table_is_filtered_and_sorted(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open("trends")
    names = page.get_by_role("region", name="The list now, table").locator("tbody tr td:nth-child(3)")

    page.get_by_label("Filter The list now").fill("trend4")
    found = names.all_inner_texts()
    page.get_by_label("Filter The list now").fill("")
    page.get_by_role("columnheader", name="Rank").get_by_role("button").click()

    assert found
    assert all("trend4" in name for name in found)
    assert page.get_by_role("columnheader", name="Rank").get_attribute("aria-sort") == "descending"
    ranks = page.get_by_role("region", name="The list now, table").locator("tbody tr td:first-child").all_inner_texts()
    assert ranks == sorted(ranks, key=int, reverse=True)


def test_saved_tables_hold_no_formula(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open("content")

    rows = saved(page, "Top videos")

    assert len(rows) == 200
    captions = {row["caption"] for row in rows}
    assert '\'=HYPERLINK("http://example.invalid","click")' in captions
    assert "'\t+1+1" in captions
    assert not [text for row in rows for text in row.values() if text.lstrip().startswith(("=", "+", "@"))]


def test_a_filtered_table_is_saved_filtered(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open("content")
    page.get_by_label("Filter Top videos").fill("HYPERLINK(")

    rows = saved(page, "Top videos")

    assert 0 < len(rows) < 200
    assert all("HYPERLINK(" in " ".join(row.values()) for row in rows)


def test_the_tabs_obey_the_arrow_keys(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open()
    page.get_by_role("tab", name="Overview").focus()

    shown = []
    for key in ("ArrowRight", "End", "ArrowRight", "ArrowLeft", "Home"):
        page.keyboard.press(key)
        focused = page.evaluate("document.activeElement.dataset.panel")
        assert page.locator(".panel:not([hidden])").get_attribute("id") == f"panel-{focused}"
        shown.append(focused)

    assert shown == ["trends", "health", "overview", "health", "overview"]


def test_the_first_key_leads_past_the_header(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_the_theme_follows_the_system_until_one_is_chosen_and_is_remembered(
    visit: Callable[..., Visit], project: Project
) -> None:
    page = visit(project, color_scheme="dark").open()
    theme = "document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"

    page.get_by_role("button", name="Use the light theme").click()
    page.reload()

    assert page.evaluate(theme) == "light"


def test_a_browser_that_keeps_nothing_can_change_the_theme_too(visit: Callable[..., Visit], project: Project) -> None:
    made = visit(project)
    made.page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('no'); } })")
    page = made.open()

    page.get_by_role("button", name="Use the dark theme").click()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_behind_each_chart_is_a_table(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open()
    page.get_by_role("radio", name="Total (log)").check()

    page.get_by_role("button", name="Show Hashtag growth as a table").click()

    rows = saved(page, "Hashtag growth")
    assert len(rows) == 5 * 31
    assert {float(row["value"]) > 1_000_000 for row in rows} == {True}


def test_hashtags_are_chosen_for_the_chart(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open()
    chips = page.get_by_role("group", name="Hashtags in the chart")
    before = chips.locator("[aria-pressed=true]").count()

    chips.get_by_role("button", name="tag10").click()

    assert before == 5
    assert chips.locator("[aria-pressed=true]").count() in (4, 6)


def test_the_pointer_on_the_chart_shows_the_numbers_of_the_day(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open()
    box = page.get_by_label("Growth of the chosen hashtags by day").bounding_box()
    assert box

    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    page.locator(".tip:not([hidden]) .tip-row").nth(4).wait_for()
    assert "2026" in page.locator(".tip-title").inner_text()


def test_a_narrow_screen_scrolls_in_one_direction_only(visit: Callable[..., Visit], project: Project) -> None:
    made = visit(project, viewport={"width": 360, "height": 780})

    for tab in TABS:
        page = made.open(tab)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, tab


def test_paper_shows_every_part(visit: Callable[..., Visit], project: Project) -> None:
    page = visit(project).open()

    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    for tab in TABS:
        page.locator(f"#panel-{tab} .card").first.wait_for(state="visible")
    page.locator("#panel-health .chart svg").first.wait_for(state="visible")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")


@pytest.mark.parametrize(
    "size",
    [
        {"videos": 0, "days": 0, "hashtags": 0, "lists": 0, "creators": 0},
        {"days": 1},
        {"lists": 0, "videos": 0},
    ],
    ids=["empty", "one day", "no trends, no videos"],
)
def test_every_tab_has_a_text_even_with_little_data(
    size: dict[str, int], visit: Callable[..., Visit], make_project: MakeProject
) -> None:
    made = visit(make_project(PASSED, **size))
    made.page.goto(made.url)

    for tab in TABS:
        made.page.get_by_role("tab").and_(made.page.locator(f"#tab-{tab}")).click()
        panel = made.page.locator(f"#panel-{tab}")
        panel.locator(".card").first.wait_for()
        assert panel.get_by_text("could not be drawn").count() == 0
        assert panel.inner_text().strip()
