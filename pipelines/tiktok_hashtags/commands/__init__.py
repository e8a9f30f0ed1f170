"""The commands, a file for each kind; `cli.py` gathers them. Heavy imports wait inside the commands that need them."""

from __future__ import annotations

from tiktok_hashtags.commands.dictionary import docs
from tiktok_hashtags.commands.inspection import doctor, query, status, usage
from tiktok_hashtags.commands.loading import plan, replay, run
from tiktok_hashtags.commands.made_up import demo, sandbox
from tiktok_hashtags.commands.marts import publish, report, transform
from tiktok_hashtags.commands.starting import init
from tiktok_hashtags.commands.upkeep import prune
from tiktok_hashtags.commands.watch import watch

COMMANDS = (
    *(init, watch, doctor, plan, run, status, usage, transform, publish, report),
    *(replay, prune, query, docs, demo, sandbox),
)
