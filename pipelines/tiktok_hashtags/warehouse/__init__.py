"""The warehouse: raw tables loaded by dlt, marts built by dbt, and the publication that BI tools read.

`base` is the protocol that each kind of warehouse fulfils in a folder of its own, `kinds` registers them; `raw` loads,
`known` reads the results of earlier runs, `dbt` builds the marts, `status` reports,
`waiting` names packages that were not loaded, `retention` deletes.
"""

from __future__ import annotations

from tiktok_hashtags.warehouse.base import Deletion, Publication, Reader, Rows, Warehouse, columns_by_table
from tiktok_hashtags.warehouse.dbt import build, dbt_project_folder, generate_docs
from tiktok_hashtags.warehouse.kinds import KINDS, open_warehouse
from tiktok_hashtags.warehouse.packages import Quarantined
from tiktok_hashtags.warehouse.raw import RawLayer
from tiktok_hashtags.warehouse.retention import Packages, Tables, size_of
from tiktok_hashtags.warehouse.status import loaded_walks, read_query, read_status, row_counts
from tiktok_hashtags.warehouse.waiting import waiting_packages

__all__ = [
    "KINDS",
    "Deletion",
    "Packages",
    "Publication",
    "Quarantined",
    "RawLayer",
    "Reader",
    "Rows",
    "Tables",
    "Warehouse",
    "build",
    "columns_by_table",
    "dbt_project_folder",
    "generate_docs",
    "loaded_walks",
    "open_warehouse",
    "read_query",
    "read_status",
    "row_counts",
    "size_of",
    "waiting_packages",
]
