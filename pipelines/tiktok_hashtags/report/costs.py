"""The cost of the data by provider, day and endpoint."""

from __future__ import annotations

from typing import Any

from tiktok_hashtags.report.marts import Marts, Part, table

_DAYS = """
select
    snapshot_date,
    provider,
    sum(request_count) as request_count,
    sum(credits) as credits,
    sum(cost_usd) as cost_usd,
    sum(failed_count) as failed_count,
    sum(unknown_count) as unknown_count
from {reporting}.rpt_data_cost
where snapshot_date > {day_31_before}
group by snapshot_date, provider
order by snapshot_date, provider
"""
_ENDPOINTS = """
select
    provider,
    endpoint,
    sum(request_count) as request_count,
    sum(replayed_count) as replayed_count,
    sum(failed_count) as failed_count,
    sum(unknown_count) as unknown_count,
    sum(credits) as credits,
    sum(cost_usd) as cost_usd,
    sum(bytes) as bytes,
    sum(new_observation_count) as new_observation_count,
    sum(cost_usd) * 1000
    / nullif(sum(case when cost_usd is not null then new_observation_count end), 0) as usd_per_1000_new_observations
from {reporting}.rpt_data_cost
where snapshot_date > {day_31_before}
group by provider, endpoint
order by provider, endpoint
"""


def _costs(marts: Marts) -> dict[str, Any]:
    return {"days": table(marts.rows(_DAYS)), "endpoints": table(marts.rows(_ENDPOINTS))}


PARTS = {"costs": Part(("rpt_data_cost",), _costs)}
