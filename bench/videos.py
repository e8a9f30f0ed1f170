"""Made-up UnifAPI pages, about 148 KB each: long signed URLs, captions with emoji, five hashtags a video."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from typing import Any

PAGE_ITEMS = 50
_FIRST_ID = 7_400_000_000_000_000_000
_WORDS = [
    "christmas",
    "market",
    "lights",
    "🎄",
    "snow",
    "✨",
    "recipe",
    "easy",
    "gift",
    "idea",
    "😂",
    "family",
    "dinner",
    "how",
    "to",
    "make",
    "it",
    "at",
    "home",
    "猫",
    "été",
]
_NOISE = base64.urlsafe_b64encode(random.Random(7).randbytes(1 << 21)).decode()
_TAGS = tuple(f"{word}{number}" for word in ("xmas", "fyp", "diy", "food", "猫", "cozy") for number in range(50))


@dataclass(frozen=True, slots=True)
class Feeds:
    """The feeds of some hashtags, all of the same length.

    Args:
        hashtags: How many feeds there are.
        pages: How many pages each feed has.
    """

    hashtags: int
    pages: int

    @property
    def videos(self) -> int:
        """How many videos there are; no two feeds share one."""
        return self.hashtags * self.pages * PAGE_ITEMS

    @property
    def view_count(self) -> int:
        """The views of all videos together."""
        return sum(view_count_of(number) for number in range(self.videos))

    def hashtag_ids(self) -> list[str]:
        """Return the ids under which the feeds are found."""
        return [str(1_000 + number) for number in range(self.hashtags)]

    def page(self, hashtag: int, page: int) -> bytes:
        """Return the body of one page; both numbers count from 0."""
        first = (hashtag * self.pages + page) * PAGE_ITEMS
        chance = random.Random(first)
        has_more = page + 1 < self.pages
        body = {
            "request_id": f"req_{first:012d}",
            "data": [_video(number, chance) for number in range(first, first + PAGE_ITEMS)],
            "pagination": {"has_more": has_more, "next_cursor": str(page + 1) if has_more else None},
            "billing": {
                "credits_charged": PAGE_ITEMS,
                "records_charged": PAGE_ITEMS,
                "balance_remaining": 10_000_000,
                "truncated_due_to_balance": False,
            },
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def view_count_of(number: int) -> int:
    """Return the views of the video with a number."""
    return number * 7_919 % 5_000_000_000


def _video(number: int, chance: random.Random) -> dict[str, Any]:
    video_id, views = str(_FIRST_ID + number * 4_294_967), view_count_of(number)
    handle = f"creator.{number % 5_000}"
    tags = chance.sample(_TAGS, 5)
    caption = " ".join(chance.choices(_WORDS, k=24)) + "".join(f" #{tag}" for tag in tags)
    return {
        "id": video_id,
        "title": caption[:60],
        "video_description": caption,
        "create_time": 1_768_000_000 + number,
        "duration": 7 + number % 170 + 0.5,
        "cover_image_url": _signed("p16-sign-va.tiktokcdn.com/obj", 520, chance),
        "share_url": f"https://www.tiktok.com/@{handle}/video/{video_id}?_r=1&u_code=0&share_item_id={video_id}",
        "embed_link": f"https://www.tiktok.com/embed/v2/{video_id}",
        "width": 576,
        "height": 1024,
        "like_count": views // 11,
        "comment_count": views // 301,
        "share_count": views // 523,
        "view_count": views,
        "author": {
            "id": str(6_800_000_000_000_000_000 + number % 5_000),
            "username": handle,
            "display_name": f"Creator ✨ {number % 5_000}",
            "avatar_url": _signed("p16-sign-va.tiktokcdn.com/avatar", 380, chance),
        },
        "region": "US",
        "hashtags": tags,
        "music": {
            "id": str(7_100_000_000_000_000_000 + number % 20_000),
            "title": "original sound",
            "author": handle,
            "is_original": True,
        },
        "is_image_post": False,
        "play_url": _signed("v16-webapp.tiktokcdn.com/video", 850, chance),
    }


def _signed(place: str, length: int, chance: random.Random) -> str:
    start = int(chance.random() * (len(_NOISE) - length))
    middle = start + 40
    return f"https://{place}/{_NOISE[start:middle]}?x-expires=1760432400&x-signature={_NOISE[middle : start + length]}"
