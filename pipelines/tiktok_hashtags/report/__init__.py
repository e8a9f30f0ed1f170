"""The HTML report: one file that explains the published marts, works offline and asks nothing of anybody.

Reads top-down: `write` decides what goes in and puts the file in its place, `page` makes HTML of it, and one module for
each part of the page (`hashtags`, `trends`, `content`, `people`, `campaigns`, `costs`, `health`) holds the queries
behind that part. What the browser runs is in `assets/`.
"""

from __future__ import annotations

from tiktok_hashtags.report.write import Report, report_run, write_report

__all__ = ["Report", "report_run", "write_report"]
