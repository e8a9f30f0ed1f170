"""The files of a new project."""

from __future__ import annotations

from pathlib import Path

from tiktok_hashtags.errors import ConfigError

WATCHLIST = """\
# The hashtags, lists and searches to track. docs/watchlist.md lists all keys.

[[hashtags]]
name = "christmas"              # with or without '#'; or url = "https://www.tiktok.com/tag/christmas", or id = "3242"
# providers = ["crawlora", "tikliveapi", "unifapi"]   # default: all that have a key
# max_videos = 500              # soft limit of a walk
# campaigns = ["holiday-2026"]
# role = "own"                  # own | competitor | market

# [[trends]]
# source = "popular_trend"      # or "creative_center"
# country = "US"
# period_days = 7

# [[searches]]
# keyword = "cat"

# [[datasets]]
# path = "captures/*.jsonl"     # or dataset_id = "..."

[limits]
max_usd_per_run = 2.00
"""
CONFIG = """\
# destination = "postgres"      # default: a DuckDB file in data/; keep this line above the first [table]

[runtime]
log_level = "WARNING"
dlthub_telemetry = false

# [sources.crawlora]
# plan = "starter"              # free (default), starter, growth, pro, business, enterprise
# [sources.unifapi]
# plan = "paid"                 # free (default), paid
# [sources.tikliveapi]
# credit_usd = 0.001            # its price is not public; a dollar limit needs one

# [notify]                        # who is notified when a run is not complete
# command = ["mail", "-s", "hashtags", "me@example.com"]  # gets the run's JSON on stdin

# [retention]                     # how long `tiktags prune` keeps data
# journal_days = 35
"""
SECRETS = """\
# Keys stay in this file (chmod 600) or in the environment: SOURCES__UNIFAPI__API_KEY and so on.
# [sources.crawlora]
# api_key = ""
# [sources.tikliveapi]
# api_key = ""
# [sources.unifapi]
# api_key = ""
# [sources.scraper]
# api_key = ""
# [notify]
# webhook = "https://hooks.example.com/..."
"""
IGNORED = "data/\nexports/\nreports/\n.dlt/secrets.toml\n"


def write_project(root: Path) -> list[Path]:
    """Write the files of a new project; existing ones stay.

    Raises:
        ConfigError: There is a watchlist already, or the folder cannot be written.
    """
    files = {
        "watchlist.toml": WATCHLIST,
        ".dlt/config.toml": CONFIG,
        ".dlt/secrets.toml": SECRETS,
        ".gitignore": IGNORED,
    }
    if (root / "watchlist.toml").exists():
        raise ConfigError(f"{root / 'watchlist.toml'}: there is a project here already; nothing was written")
    written = []
    try:
        for name, content in files.items():
            path = root / name
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.touch(mode=0o600 if name.endswith("secrets.toml") else 0o644)
                path.write_text(content, encoding="utf-8")
                written.append(path)
    except OSError as error:
        raise ConfigError(f"{root}: cannot be written: {error.strerror}") from error
    return written
