"""Measure the report: how long its page takes to write and how large it is, by videos in the marts.

python bench/report.py --videos 1000000 --days 10
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from publication import Size, make_publication

from tiktok_hashtags.project import Project
from tiktok_hashtags.report import write_report


def main() -> None:
    """Make a publication, write its report, say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--videos", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--hashtags", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="A folder to leave the report in.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        project = Project(given.keep or Path(temporary))
        size = Size(videos=given.videos, days=given.days, hashtags=given.hashtags, lists=30, creators=50_000)
        make_publication(project.publication, size)
        before, cpu = time.monotonic(), time.process_time()
        report = write_report(project)
        seconds, cpu_seconds = time.monotonic() - before, time.process_time() - cpu
        published = project.publication.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{given.videos:,} videos x {given.days} days ({published:,.0f} MB published), {given.hashtags} hashtags:")
    print(f"{seconds:.1f} s, {cpu_seconds:.1f} CPU-s, {report.bytes / 1e6:.2f} MB, peak {peak:,.0f} MB with the making")


if __name__ == "__main__":
    main()
