"""The warehouse: raw tables loaded by dlt, marts built by dbt, and the publication that BI tools read.

`base` says which warehouse a project has, `raw` loads, `known` reads back what earlier runs left, `dbt` builds, and one
folder per kind of warehouse does what differs between them.
"""

from __future__ import annotations

from tiktok_hashtags.warehouse.base import Reader, database
from tiktok_hashtags.warehouse.dbt import build, dbt_project_folder, generate_docs
from tiktok_hashtags.warehouse.packages import SetAside
from tiktok_hashtags.warehouse.raw import Warehouse
from tiktok_hashtags.warehouse.retention import Packages, Tables, size_of
from tiktok_hashtags.warehouse.status import read_query, read_status, row_counts

__all__ = [
    "Packages",
    "Reader",
    "SetAside",
    "Tables",
    "Warehouse",
    "build",
    "database",
    "dbt_project_folder",
    "generate_docs",
    "read_query",
    "read_status",
    "row_counts",
    "size_of",
]
