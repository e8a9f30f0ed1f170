"""The data dictionary in one page: nothing hostile runs in it, nothing is fetched."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from dbt.task.docs import DOCS_INDEX_FILE_PATH

from tiktok_hashtags.errors import ConfigError, TransformError
from tiktok_hashtags.jobs.docs import static_page
from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.dbt import generate_docs

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
MANIFEST: dict[str, Any] = {
    "metadata": {"send_anonymous_usage_stats": True, "project_name": "p"},
    "nodes": {"model.p.m": {"name": "m", "raw_code": "select 1 where 1 </* --> <!-- */ 2", "root_path": "/home/me"}},
}
CATALOG = {
    "nodes": {
        "model.p.m": {
            "metadata": {"name": HOSTILE, "comment": HOSTILE, "owner": "\u2028"},
            "columns": {HOSTILE: {"name": HOSTILE, "type": "VARCHAR", "comment": "[x](javascript:alert(3))"}},
        }
    }
}


@pytest.fixture(scope="module")
def page() -> str:
    template = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    return static_page(template, manifest=MANIFEST, catalog=CATALOG)


@pytest.fixture(scope="module")
def script(page: str) -> str:
    return page.partition('<script defer="defer">')[2].partition("</script>")[0]


def test_the_policy_lets_this_one_script_run_and_nothing_be_fetched(page: str, script: str) -> None:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policies = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', page)

    assert len(policies) == 1
    rules = dict(rule.split(" ", 1) for rule in policies[0].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert rules["img-src"] == rules["font-src"] == "data:"
    assert page.index("Content-Security-Policy") < page.index("<script")


def test_the_markup_around_the_script_names_no_other_resource(page: str, script: str) -> None:
    markup = page.replace(script, "")

    assert re.findall(r'\b(?:src|srcset)="', markup) == []
    assert set(re.findall(r'<link[^>]+href="([^"]*)"', markup)) == {"/overview/", "data:,"}


def test_names_from_the_database_can_neither_end_the_script_nor_become_html(script: str) -> None:
    catalog, _ = json.JSONDecoder().raw_decode(script.partition(",catalog:")[2])

    assert HOSTILE not in script
    assert "javascript:alert(3)" not in script
    assert list(catalog["nodes"]["model.p.m"]["columns"]) == [
        "‹/script›‹script›alert(1)‹/script›‹img src=x onerror=alert(2)›"
    ]


def test_the_page_keeps_the_sql_but_not_where_it_lay_and_does_not_track(script: str) -> None:
    assert r"select 1 where 1 \u003c/* --> \u003c!-- */ 2" in script
    assert "/home/me" not in script
    assert '"send_anonymous_usage_stats":false' in script


def test_a_page_that_dbt_changed_is_refused() -> None:
    with pytest.raises(TransformError, match="has changed"):
        static_page("<html><script src=elsewhere></script></html>", manifest=MANIFEST, catalog=CATALOG)


def test_without_a_warehouse_there_is_nothing_to_document(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no warehouse yet"):
        generate_docs(Project(tmp_path))
