"""Creators, sounds and hashtags that go together equal slow, plain Python on the world's own truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tests.e2e.benchmark import views_at
from tests.e2e.growth import Table
from tests.e2e.month import ASKED, ENGAGEMENT, Month, VideoFacts, attributes, latest_known, percentile, ratio, total
from tests.e2e.month_site import assert_equal
from tests.e2e.truth import RANKS, on, places_of

from tiktok_hashtags.sandbox import Video
from tiktok_hashtags.sandbox.vocabulary import ORIGINAL_SOUND
from tiktok_hashtags.sandbox.world import normalised

if TYPE_CHECKING:
    from tests.e2e.conftest import Site


def test_creators_are_ranked_by_the_views_of_their_videos(month_site: Site, month: Month) -> None:
    expected = top_creators(month)

    assert_equal(month_site, "rpt_top_creators", ("hashtag_key", "creator_id"), expected)
    assert {hashtag for hashtag, _ in expected} == {"", *month.keys}
    assert any(row["view_gain_7d"] is None for row in expected.values())
    assert any(row["region"] is None for row in expected.values())


def test_sounds_are_taken_up_by_videos_posted_lately(month_site: Site, month: Month) -> None:
    expected = trending_sounds(month)

    assert_equal(month_site, "rpt_trending_sounds", ("sound_id",), expected)
    assert len({row["adoption_reason"] for row in expected.values()}) > 1
    assert any(row["video_count"] > row["video_count_7d"] > 0 for row in expected.values())


def test_hashtags_go_together_in_the_videos_that_carry_both(month_site: Site, month: Month) -> None:
    expected = cooccurrence(month)

    assert_equal(month_site, "rpt_hashtag_cooccurrence", ("hashtag_key", "other_hashtag_key"), expected)
    assert len({row["lift_reason"] for row in expected.values()}) > 1


def test_hashtags_that_go_together_are_spelled_as_they_are_known(month_site: Site, month: Month) -> None:
    rows = month_site.rows(
        "select distinct hashtag_key, hashtag_name, other_hashtag_key, other_hashtag_name"
        " from reporting.rpt_hashtag_cooccurrence"
    )

    names = {
        key: name
        for first, name_of_first, second, name_of_second in rows
        for key, name in ((first, name_of_first), (second, name_of_second))
    }
    told = {key: latest_known(by_date)["hashtag_name"] for key, by_date in month.hashtags.items()}
    assert {key: name for key, name in names.items() if key in told} == {key: told[key] for key in names if key in told}
    assert {key: normalised(name) for key, name in names.items()} == {key: key for key in names}


def top_creators(month: Month) -> Table:
    """Creators by hashtag, and over all videos."""
    owned: dict[tuple[str, str], list[VideoFacts]] = defaultdict(list)
    for video_id, video in month.videos.items():
        if video.creator_id is not None:
            for hashtag in ["", *sorted(month.hashtag_keys[video_id] & set(month.keys))]:
                owned[hashtag, video.creator_id].append(video)
    rows = {key: _of_creator(month, key[1], videos) for key, videos in owned.items()}
    for hashtag in ["", *month.keys]:
        own = [key for key in rows if key[0] == hashtag]
        for rank, key in enumerate(sorted(own, key=lambda key: (-rows[key]["view_count"], key[1])), 1):
            rows[key]["rank"] = rank
    return {key: row for key, row in rows.items() if row["rank"] <= (200 if key[0] else 1000)}


def _of_creator(month: Month, creator_id: str, videos: Sequence[VideoFacts]) -> dict[str, Any]:
    told = latest_known(month.creators[creator_id])
    sums = {measure: total([video.latest(measure) for video in videos]) for measure in ENGAGEMENT}
    engaged = [video for video in videos if None not in [video.latest(measure) for measure in ENGAGEMENT]]
    likes = total([video.latest(measure) for video in engaged for measure in ENGAGEMENT[1:]])
    return {
        **{name: told.get(name) for name in ("handle", "display_name", "region", "is_verified")},
        "video_count": len(videos),
        **sums,
        "engagement_rate": ratio(likes, total([video.latest("view_count") for video in engaged])),
        "view_gain_7d": total([week_gain(video, max(month.dates)) for video in videos]),
        "first_posted_at": min(video.posted_at for video in videos),
        "last_posted_at": max(video.posted_at for video in videos),
    }


def week_gain(video: VideoFacts, last: date) -> int | None:
    """Views since the last count of the week before the last, or else since the first count of the last."""
    views = {at: stats["view_count"] for at, stats in video.stats.items() if stats["view_count"] is not None}
    within = [at for at in views if (last - at).days < 7]
    before = [at for at in views if 7 <= (last - at).days < 14]
    since = max(before) if before else min(within, default=None)
    if not within or since is None or since == max(within):
        return None
    return views[max(within)] - views[since]


def trending_sounds(month: Month) -> Table:
    """Sounds and the videos that use them."""
    users: dict[str, list[VideoFacts]] = defaultdict(list)
    for video in month.videos.values():
        if video.sound_id is not None:
            users[video.sound_id].append(video)
    titles, first_dates = sound_titles(month), sound_first_dates(month)
    rows: Table = {
        (sound_id,): {"title": titles[sound_id]} | _of_sound(month, videos, first_dates[sound_id])
        for sound_id, videos in users.items()
    }
    ordered = sorted(rows, key=lambda key: (-rows[key]["video_count_7d"], -rows[key]["view_count"], key[0]))
    for rank, key in enumerate(ordered, 1):
        rows[key]["rank"] = rank
    return rows


def _of_sound(month: Month, videos: Sequence[VideoFacts], first_date: date) -> dict[str, Any]:
    """All feeds were read from the first day on, so that only the sound itself can be new."""
    last = max(month.dates)
    assert last - timedelta(days=7) in month.dates
    ages = [(last - video.posted_at.date()).days for video in videos]
    known = [(last - video.first_seen_at.date()).days for video in videos]
    now = sum(1 <= age <= 7 for age in ages)
    before = sum(8 <= age <= 14 and days >= 7 for age, days in zip(ages, known, strict=True))
    is_new = (last - first_date).days <= 14
    return {
        "author_name": videos[0].video.sound.author,
        "is_original": videos[0].video.sound.is_original,
        "video_count": len(videos),
        "video_count_7d": now,
        "video_count_previous_7d": None if is_new else before,
        "adoption_change": None if is_new else now - before,
        "adoption_change_rate": None if is_new else ratio(now - before, before),
        "adoption_reason": "the sound was first seen in the two weeks" if is_new else None,
        "view_count": total([video.latest("view_count") for video in videos]),
        "creator_count": len({video.creator_id for video in videos} - {None}),
    }


def sound_first_dates(month: Month) -> Mapping[str, date]:
    """The first date on which a provider named the sound."""
    dates: dict[str, date] = {}
    for day in sorted(ASKED):
        for video, _, provider in places_of(month.world, day, ASKED[day]):
            if attributes(video, provider)["sound_id"] is not None:
                dates.setdefault(video.sound.id, on(day))
    return dates


def sound_titles(month: Month) -> Mapping[str, str]:
    """The title that was shown last; of one day's, the one of the best ranked provider."""
    titles: dict[str, str] = {}
    for day in sorted(ASKED):
        for video, _, provider in sorted(places_of(month.world, day, ASKED[day]), key=lambda place: -RANKS[place[2]]):
            if attributes(video, provider)["sound_id"] is not None:
                titles[video.sound.id] = _title(video, provider)
    return titles


def _title(video: Video, provider: str) -> str:
    """Original sounds are named in the video's language, but for one provider that names all in English."""
    if not video.sound.is_original:
        return video.sound.title
    language = "en" if provider == "tikliveapi" else video.language
    return f"{ORIGINAL_SOUND.get(language, ORIGINAL_SOUND['en'])} - {video.sound.author}"


def cooccurrence(month: Month) -> Table:
    """Watched hashtags and all others of the same videos; all dates are within thirty days."""
    assert (max(month.dates) - min(month.dates)).days < 30
    carried: dict[str, set[str]] = defaultdict(set)
    for video_id, keys in month.hashtag_keys.items():
        for key in keys:
            carried[key].add(video_id)
    corpus = set().union(*carried.values())
    sources: dict[str, set[str]] = {video_id: set() for video_id in corpus}
    for hashtag, video_id in month.first_listed:
        sources[video_id].add(hashtag)
    rows: Table = {}
    for key in month.keys:
        pairs = {}
        for other in carried.keys() - {key}:
            ours = {video_id for video_id in carried[key] if sources[video_id] != {other}}
            base = {video_id for video_id in corpus if sources[video_id] - {key, other} or not sources[video_id]}
            if ours & carried[other]:
                pairs[other] = _pair(month, ours, base, carried[other])
        ordered = sorted(pairs, key=lambda other: (-pairs[other]["video_count"], other.encode()))
        rows |= {(key, other): pairs[other] | {"rank": rank} for rank, other in enumerate(ordered[:100], 1)}
    return rows


def _pair(month: Month, ours: set[str], base: set[str], others: set[str]) -> dict[str, Any]:
    both, found = ours & others, base & others
    reason = None
    if len(both) < 5:
        reason = "too few videos with both hashtags"
    elif len(base) < 30:
        reason = "too few videos of other feeds"
    elif not found:
        reason = "no video of other feeds has the other hashtag"
    share, base_share = len(both) / len(ours), ratio(len(found), len(base))
    return {
        "video_count": len(both),
        "hashtag_video_count": len(ours),
        "share_of_videos": share,
        "base_video_count": len(base),
        "base_share": base_share,
        "lift": None if reason else ratio(share, base_share),
        "lift_reason": reason,
        "median_view_count_at_7d": percentile([views_at(month.videos[video_id], 7) for video_id in both], 0.5),
    }
