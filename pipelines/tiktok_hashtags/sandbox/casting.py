"""Makes the hashtags, creators, sounds and videos of a world, each from the seed and its own number alone."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from functools import lru_cache

from . import vocabulary as words
from .chance import between, digits, number, pick, share
from .entities import Creator, Hashtag, Sound, Tag, Video

SPAN_DAYS = 45
"""No video but the pinned ones stays listed for longer than this."""

_ALWAYS = 1_000_000
_GENERATED_HASHTAGS = 150


class Casting:
    """The people and things that can appear in a world.

    Args:
        seed: Two castings with the same seed are equal.
        start: Day 0 of the world.
        hashtags: The number of hashtags with a feed.
        hostile: Put text into captions that breaks careless software.
    """

    def __init__(self, seed: int, start: date, hashtags: int, *, hostile: bool) -> None:
        self.seed = seed
        self.hostile = hostile
        self._midnight = int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp())
        known = [self._known_hashtag(position) for position in range(len(words.HASHTAGS))]
        made_up = max(_GENERATED_HASHTAGS, hashtags - len(known))
        self.catalogue = tuple(known + [self._generated_hashtag(n) for n in range(made_up)])
        self.hashtags = self.catalogue[:hashtags]
        self._by_theme: dict[str, list[Hashtag]] = {}
        for hashtag in self.catalogue[: max(hashtags, len(known))]:
            self._by_theme.setdefault(hashtag.theme, []).append(hashtag)
        self.creator = lru_cache(maxsize=None)(self._creator)

    def _known_hashtag(self, position: int) -> Hashtag:
        id_, name, casings, theme, language, views, growth, description = words.HASHTAGS[position]
        key = (self.seed, "hashtag", name)
        videos = views // between(7_000, 60_000, *key, "videos")
        return Hashtag(
            id=id_,
            name=name,
            casings=(name, *casings),
            description=description,
            theme=theme,
            language=language,
            view_count=views,
            video_count=videos,
            creator_count=int(videos * (0.2 + 0.5 * share(*key, "creators"))),
            daily_view_count=views * growth // 1_000_000,
            is_commerce=theme == "shopping",
            announcement=("Join in", f"Use #{name} until December 24.\nTerms apply <b>!</b>")
            if position % 3 == 0
            else None,
            industry=pick(words.INDUSTRIES, *key, "industry") if share(*key, "has industry") < 0.5 else None,
        )

    def _generated_hashtag(self, n: int) -> Hashtag:
        first, second = words.ADJECTIVES[n % len(words.ADJECTIVES)], words.NOUNS[n % len(words.NOUNS)]
        rounds = n // (len(words.ADJECTIVES) * len(words.NOUNS))
        name = f"{first}{second}" + (str(rounds + 1) if rounds else "")
        key = (self.seed, "hashtag", name)
        views = int(10 ** (6 + 4.5 * share(*key, "views")))
        return Hashtag(
            id=digits(16, *key, "id"),
            name=name,
            casings=(name, first.title() + second.title()),
            description="",
            theme=pick(words.THEMES, *key, "theme"),
            language="en",
            view_count=views,
            video_count=views // 9_000,
            creator_count=views // 20_000,
            daily_view_count=views // between(90, 4_000, *key, "growth"),
            is_commerce=False,
            announcement=None,
            industry=pick(words.INDUSTRIES, *key, "industry") if share(*key, "has industry") < 0.5 else None,
        )

    def _creator(self, n: int) -> Creator:
        key = (self.seed, "creator", n)
        first, trade = pick(words.FIRST_NAMES, *key, "name"), pick(words.TRADES, *key, "trade")
        language = pick(("en", "en", "en", "pt", "ja", "fr", "ar", "hi", "de"), *key, "language")
        handle = f"{first}.{trade}{n}"
        handles = [(-_ALWAYS, handle)]
        if share(*key, "renames") < 0.2:
            handles.append((between(1, 13, *key, "renamed"), f"{first}_{trade}_official{n}"))
        if share(*key, "renames again") < 0.05:
            handles.append((between(20, 60, *key, "renamed again"), f"the{first}{n}"))
        return Creator(
            id=digits(pick((10, 16, 19), *key, "id length"), *key, "id"),
            handles=tuple(handles),
            name=f"{first.title()} {pick(words.EMOJI, *key, 'emoji')}" if n % 3 else f"{first.title()} {trade}",
            bio=pick(words.BIOS, *key, "bio"),
            region=pick(words.REGIONS[language], *key, "region"),
            language=language,
            is_verified=share(*key, "verified") < 0.1,
            youtube=(f"UC{number(*key, 'youtube'):x}", f"{first.title()} on YouTube")
            if share(*key, "tube") < 0.15
            else None,
        )

    def _sound(self, creator: Creator, n: int) -> Sound:
        key = (self.seed, "sound", creator.id, n)
        if share(*key, "original") < 0.6:
            sound_id = str((7 << 60) - between(0, 1 << 58, self.seed, "own sound", creator.id))
            return Sound(sound_id, "", creator.name, creator, is_original=True, duration_seconds=between(5, 60, *key))
        song = between(0, len(words.SONGS) - 1, *key, "song")
        title, author = words.SONGS[song]
        return Sound(
            str((6 << 60) + number(self.seed, "song", song) % (1 << 58)),
            title,
            author,
            None,
            False,
            30 + song,
        )

    def new_videos(self, hashtag: Hashtag, day: int, count: int) -> list[Video]:
        """The videos that enter this hashtag's feed on one day of the world."""
        return [self._video(hashtag, day, n) for n in range(count)]

    def pinned_videos(self, hashtag: Hashtag) -> list[Video]:
        """Old videos that stay on top of this hashtag's feed; one has more views than 32 bits can count."""
        return [self._video(hashtag, -_ALWAYS, n) for n in range(2)]

    def _video(self, hashtag: Hashtag, day: int, n: int) -> Video:
        key = (self.seed, "video", hashtag.id, day, n)
        is_pinned = day == -_ALWAYS
        creator = self.creator(between(0, 11 * len(self.hashtags), *key, "creator"))
        posted_at = self._posted_at(day, *key)
        tags = self._tags(hashtag, *key)
        if is_pinned and n == 1:
            tags = tuple(tag for tag in tags if tag.hashtag != hashtag)
        width, height = pick(((576, 1024), (720, 1280), (1080, 1920), (1024, 576)), *key, "size")
        is_image_post = share(*key, "images") < 0.06
        return Video(
            id=self._video_id(posted_at, *key),
            creator=creator,
            sound=self._sound(creator, n),
            caption=self._caption(tags, creator, *key),
            tags=tags,
            mentions=("mia.bakes1",) if share(*key, "mention") < 0.1 else (),
            listed_under=self._listed_under(hashtag, tags, *key),
            pinned_under=hashtag.id if is_pinned else None,
            language=creator.language,
            region=creator.region,
            posted_at=posted_at,
            duration_ms=0 if is_image_post else between(4_000, 180_000, *key, "duration"),
            width=width,
            height=height,
            is_image_post=is_image_post,
            first_day=day,
            last_day=_ALWAYS if is_pinned else day + between(5, SPAN_DAYS - 1, *key, "span"),
            reach=between(2_200_000_000, 3_900_000_000, *key) if is_pinned and n == 0 else self._reach(*key),
            days_to_spread=2 + 14 * share(*key, "spread"),
        )

    def _posted_at(self, day: int, *key: object) -> int:
        """Seconds since 1970: the day before the video is listed, or for four in ten long before that."""
        if day == -_ALWAYS:
            return self._midnight - between(200 * 86_400, 900 * 86_400, *key, "posted")
        age = between(1, 86_400, *key, "posted")
        if share(*key, "old") < 0.4:
            age += int(86_400 * 700 * share(*key, "age") ** 3)
        return self._midnight + day * 86_400 - age

    def _video_id(self, posted_at: int, *key: object) -> str:
        """The upper half of an id is its creation time, days before the posting if it was scheduled."""
        scheduled = between(86_400, 9 * 86_400, *key, "ahead") if share(*key, "scheduled") < 0.05 else 0
        return str((posted_at - scheduled << 32) + number(*key, "low") % (1 << 32))

    def _tags(self, hashtag: Hashtag, *key: object) -> tuple[Tag, ...]:
        chosen = [hashtag]
        chosen += [other for other in self._by_theme[hashtag.theme] if share(*key, "with", other.id) < 0.22]
        chosen += [
            other for other in self.catalogue if other.name in ("fyp", "viral") and share(*key, other.name) < 0.3
        ]
        unique = list(dict.fromkeys(chosen))
        return tuple(Tag(tag, pick(tag.casings, *key, "casing", tag.id)) for tag in unique)

    def _listed_under(self, hashtag: Hashtag, tags: tuple[Tag, ...], *key: object) -> frozenset[str]:
        also = [tag.hashtag.id for tag in tags if share(*key, "listed", tag.hashtag.id) < 0.6]
        return frozenset((hashtag.id, *also))

    def _caption(self, tags: tuple[Tag, ...], creator: Creator, *key: object) -> str:
        parts = [pick(words.SENTENCES[creator.language], *key, "sentence")]
        if share(*key, "emoji") < 0.4:
            parts.append(pick(words.EMOJI, *key, "which emoji"))
        if self.hostile and share(*key, "hostile") < 0.12:
            parts.insert(0, pick(words.HOSTILE, *key, "which"))
        if self.hostile and share(*key, "broken") < 0.003:
            parts.append(words.BROKEN_EMOJI)
        if share(*key, "mention") < 0.1:
            parts.append("@mia.bakes1")
        return " ".join([*parts, *(f"#{tag.spelling}" for tag in tags)])

    def _reach(self, *key: object) -> int:
        return int(math.pow(10, 2.3 + 5.5 * math.pow(share(*key, "reach"), 1.7)))
