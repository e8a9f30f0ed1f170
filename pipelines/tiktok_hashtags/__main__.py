"""Run the command line: `python -m tiktok_hashtags`."""

from __future__ import annotations

from tiktok_hashtags.cli import main

if __name__ == "__main__":
    main(prog_name="tiktags")
