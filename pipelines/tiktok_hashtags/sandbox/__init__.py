"""An emulator of every API that tiktok-hashtags reads, over a made-up world of virtual days.

It replaces services that cannot be called during development, so it is written from their documents and shares no code
with its clients. In a test:

    sandbox = Sandbox(World(seed=7), SandboxClock(datetime(2026, 11, 1, 6, tzinfo=UTC), frozen=True))
    client = httpx.Client(transport=httpx.MockTransport(sandbox.respond))

Between processes: `with serve(sandbox, port=8900) as server: ...` and `server.base_urls`.
"""

from .accounts import Account, Plan, RequestRow
from .clock import SandboxClock
from .emulator import Sandbox
from .entities import Creator, FeedEntry, Hashtag, HashtagStats, Sound, TrendEntry, Video, VideoStats
from .faults import PROVIDERS, Fault
from .scraper import dataset_items
from .server import SandboxServer, serve
from .world import DATASET_ID, World

__all__ = [
    "DATASET_ID",
    "PROVIDERS",
    "Account",
    "Creator",
    "Fault",
    "FeedEntry",
    "Hashtag",
    "HashtagStats",
    "Plan",
    "RequestRow",
    "Sandbox",
    "SandboxClock",
    "SandboxServer",
    "Sound",
    "TrendEntry",
    "Video",
    "VideoStats",
    "World",
    "dataset_items",
    "serve",
]
