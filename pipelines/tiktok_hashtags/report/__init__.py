"""The HTML report: one file that explains the published marts, works offline and sends no request.

It reads top-down: `write` collects the content and replaces the file, `page` turns it into HTML, and one module for
each part of the page (`hashtags`, `trends`, `content`, `people`, `campaigns`, `costs`, `health`) holds the queries
behind that part. The browser's scripts and styles are in `assets/`.
"""

from __future__ import annotations

from tiktok_hashtags.report.write import Report, report_run, write_report

__all__ = ["Report", "report_run", "write_report"]
