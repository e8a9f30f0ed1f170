"""Builds and tests the marts of a project folder: `python bench/dbt_build.py FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from tiktok_hashtags.project import Project
from tiktok_hashtags.warehouse.dbt import build

if __name__ == "__main__":
    build(Project(Path(sys.argv[1]).resolve()))
