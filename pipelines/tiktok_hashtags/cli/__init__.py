"""The command line: a file for each command or group of commands, and the views that it prints.

`main` gathers the commands. Heavy imports (dlt, dbt, pyarrow) wait inside the commands that need them.
"""

from __future__ import annotations

from tiktok_hashtags.cli.main import main

__all__ = ["main"]
