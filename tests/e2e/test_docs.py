"""The data dictionary of a warehouse that a run filled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import History, Site


def test_the_dictionary_describes_every_reporting_mart_and_names_no_folder(
    history: History, copy_of: Callable[[Site], Site]
) -> None:
    site = copy_of(history.site)

    result = site.tiktags("docs", "--json")

    assert result.exit_code == 0, result.output
    page = (site.project.root / json.loads(result.stdout)["docs"]).read_text(encoding="utf-8")
    assert "How does a campaign perform by day, region and language" in page
    assert '"model.tiktok_hashtags.rpt_campaign_monitor"' in page.partition(",catalog:")[2]
    assert str(site.project.root) not in page
