from __future__ import annotations

import unicodedata
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tiktok_hashtags.sandbox import FeedEntry, Hashtag, Video, World
from tiktok_hashtags.sandbox.world import normalised

START = date(2026, 11, 1)
DAYS = [START + timedelta(days=n) for n in range(14)]


def all_videos(world: World, on: date) -> dict[str, Video]:
    feeds = (world.feed(hashtag, on, "unifapi") for hashtag in world.hashtags)
    return {entry.video.id: entry.video for feed in feeds for entry in feed}


def test_equal_arguments_make_equal_worlds_for_any_order_of_questions() -> None:
    one, other = World(seed=3, hashtags=3), World(seed=3, hashtags=3)
    day_by_day = [one.feed(one.hashtags[1], on, "unifapi") for on in DAYS[:3]]

    backwards = [other.feed(other.hashtags[1], on, "unifapi") for on in reversed(DAYS[:3])]

    assert backwards[::-1] == day_by_day


def test_another_seed_makes_another_world() -> None:
    one, other = World(seed=3, hashtags=1), World(seed=4, hashtags=1)

    assert one.feed(one.hashtags[0], START, "unifapi") != other.feed(other.hashtags[0], START, "unifapi")


def test_christmas_comes_first_with_its_real_id_and_count(world: World) -> None:
    christmas = world.hashtags[0]

    assert (christmas.id, christmas.name) == ("3242", "christmas")
    assert world.hashtag_stats(christmas, START).view_count == 321_857_738_740


def test_some_hashtags_have_no_letters_and_some_several_casings(world: World) -> None:
    letterless = [h.name for h in world.hashtags if not any(c.isalpha() for c in h.name)]

    assert set(letterless) >= {"🎄", "___"}
    assert sum(len(h.casings) > 2 for h in world.hashtags) >= 4


def test_ids_and_names_belong_to_one_hashtag_each(world: World) -> None:
    names = Counter(normalised(hashtag.name) for hashtag in world.catalogue)

    assert set(names.values()) == {1}
    assert len({hashtag.id for hashtag in world.catalogue}) == len(world.catalogue)


@pytest.mark.parametrize("name", ["christmas", "#Christmas", "＃CHRISTMAS", "ｃｈｒｉｓｔｍａｓ", "christ\u200dmas"])
def test_a_hashtag_is_found_in_any_spelling(world: World, name: str) -> None:
    assert world.hashtag_by_name(name) == world.hashtags[0]


def test_more_hashtags_than_there_are_words_for_still_have_feeds() -> None:
    world = World(hashtags=30, videos=10)

    assert len(world.hashtags) == 30
    assert world.feed(world.hashtags[29], START, "unifapi")


def test_feeds_hold_60_to_160_videos_for_most_hashtags(world: World) -> None:
    sizes = [len({e.video.id for e in world.feed(h, START, "unifapi")}) for h in world.hashtags]

    assert all(40 <= size <= 160 for size in sizes)
    assert sum(size >= 60 for size in sizes) >= 0.8 * len(sizes)


def test_feeds_are_not_chronological(world: World) -> None:
    posted = [entry.video.posted_at for entry in world.feed(world.hashtags[0], START, "unifapi")]

    rises = sum(earlier < later for earlier, later in pairwise(posted))

    assert 0.3 < rises / len(posted) < 0.7


def test_pinned_videos_stay_on_top_and_one_is_not_tagged(world: World) -> None:
    for hashtag in world.hashtags:
        pinned = [entry.is_pinned for entry in world.feed(hashtag, START, "unifapi")]
        videos = [entry.video for entry in world.feed(hashtag, START, "unifapi")[:2]]

        assert pinned[:2] == [True, True]
        assert not any(pinned[2:])
        assert hashtag not in [tag.hashtag for tag in videos[0].tags] or hashtag not in [
            tag.hashtag for tag in videos[1].tags
        ]


def test_some_videos_come_twice_with_other_counts(world: World) -> None:
    entries = [entry for h in world.hashtags for entry in world.feed(h, START, "unifapi")]
    repeats = [entry for entry in entries if entry.is_repeat]
    counts: dict[str, set[int]] = {}
    for entry in entries:
        counts.setdefault(entry.video.id, set()).add(entry.stats.view_count)

    assert len(repeats) > 20
    assert all(len(counts[entry.video.id]) == 2 for entry in repeats)


def test_the_best_counts_take_the_larger_of_each_measure(world: World) -> None:
    hashtag = world.hashtags[0]
    feed = world.feed(hashtag, START, "unifapi")
    repeated = next(entry for entry in feed if entry.is_repeat)
    both = [entry.stats for entry in feed if entry.video.id == repeated.video.id]

    best = world.best_video_stats([hashtag], START, "unifapi")[repeated.video.id]

    assert best.view_count == max(stats.view_count for stats in both)
    assert best.comment_count == max(stats.comment_count for stats in both)
    assert best not in both


def test_videos_appear_and_disappear(world: World) -> None:
    first, last = all_videos(world, DAYS[0]), all_videos(world, DAYS[-1])

    assert len(first.keys() - last.keys()) > 100
    assert len(last.keys() - first.keys()) > 100
    assert len(first.keys() & last.keys()) > 100


def test_no_video_is_posted_after_it_is_listed(world: World) -> None:
    midnight = (START - date(1970, 1, 1)).days * 86_400

    assert all(video.posted_at < midnight for video in all_videos(world, START).values())


def test_one_video_is_in_several_feeds_and_providers(world: World) -> None:
    feeds: dict[str, set[tuple[str, str]]] = {}
    for hashtag in world.hashtags:
        for provider in ("unifapi", "tikliveapi", "scraper"):
            for entry in world.feed(hashtag, START, provider):
                feeds.setdefault(entry.video.id, set()).add((hashtag.id, provider))

    several_hashtags = sum(len({hashtag for hashtag, _ in seen}) > 1 for seen in feeds.values())
    several_providers = sum(len({provider for _, provider in seen}) > 1 for seen in feeds.values())

    assert several_hashtags > 0.1 * len(feeds)
    assert several_providers > 0.6 * len(feeds)


def test_plays_never_fall_and_comments_often_do(world: World) -> None:
    videos = all_videos(world, START).values()
    pairs = [
        (world.video_stats(video, today), world.video_stats(video, tomorrow))
        for video in videos
        for today, tomorrow in pairwise(DAYS)
    ]

    falling_comments = sum(later.comment_count < earlier.comment_count for earlier, later in pairs)

    assert all(later.view_count >= earlier.view_count for earlier, later in pairs)
    assert 0.05 < falling_comments / len(pairs) < 0.5


def test_hashtag_views_rarely_fall(world: World) -> None:
    pairs = [
        (world.hashtag_stats(hashtag, today).view_count, world.hashtag_stats(hashtag, tomorrow).view_count)
        for hashtag in world.catalogue
        for today, tomorrow in pairwise(DAYS)
    ]

    falls = sum(later < earlier for earlier, later in pairs)

    assert 0 < falls / len(pairs) < 0.04


def test_counts_before_the_start_are_smaller_and_never_negative(world: World) -> None:
    for hashtag in world.catalogue:
        long_ago = world.hashtag_stats(hashtag, START - timedelta(days=400)).view_count

        assert 0 < long_ago < world.hashtag_stats(hashtag, START).view_count


def test_ids_are_beyond_53_bits_and_counts_beyond_31(world: World) -> None:
    entries = [entry for h in world.hashtags for entry in world.feed(h, START, "unifapi")]

    assert all(2**53 < int(entry.video.id) < 2**63 for entry in entries)
    assert max(entry.stats.view_count for entry in entries) > 2**31


def test_video_ids_are_unique_and_hold_the_creation_time(world: World) -> None:
    videos = [video for on in DAYS for video in all_videos(world, on).values()]
    by_id = {video.id: video for video in videos}
    early = [video.posted_at - (int(video.id) >> 32) for video in by_id.values()]

    assert all(by_id[video.id] == video for video in videos)
    assert all(0 <= seconds <= 9 * 86_400 for seconds in early)
    assert 0.9 < sum(seconds == 0 for seconds in early) / len(early) < 1


def test_creators_change_handles_but_not_ids(world: World) -> None:
    creators = {video.creator.id: video.creator for video in all_videos(world, START).values()}.values()

    renamed = [c for c in creators if world.handle(c, DAYS[0]) != world.handle(c, DAYS[-1])]

    assert len(renamed) > 0.1 * len(creators)
    assert len(renamed) < 0.4 * len(creators)


def test_captions_hold_what_breaks_careless_software(world: World) -> None:
    text = "\n".join(video.caption for video in all_videos(world, START).values())

    for nasty in ("<script>", "=HYPERLINK", "\u202e", '"', "\r\n", "\x00", "'; drop table", "\ud83d", "😭"):
        assert nasty in text


def test_a_world_can_do_without_hostile_captions() -> None:
    world = World(hashtags=3, hostile=False)

    text = "\n".join(video.caption for video in all_videos(world, START).values())

    assert not {"Cc", "Cs"} & {unicodedata.category(c) for c in text.replace("\n", "")}


def test_captions_name_every_hashtag_of_the_video(world: World) -> None:
    for video in all_videos(world, START).values():
        assert all(f"#{tag.spelling}" in video.caption for tag in video.tags)


def test_a_search_leads_with_the_exact_name_and_then_goes_by_views(world: World) -> None:
    found: list[Hashtag] = world.search("CAT", START)

    assert [hashtag.name for hashtag in found[:3]] == ["cat", "catsoftiktok", "cattok"]
    assert world.search("  ", START) == []


def test_the_dataset_has_the_requested_error_rows() -> None:
    clean, broken = World(hashtags=2, error_rows=0), World(hashtags=2, error_rows=3)

    clean_rows, broken_rows = clean.dataset(START), broken.dataset(START)

    assert all(isinstance(row.entry, FeedEntry) for row in clean_rows)
    assert sum(row.entry is None for row in broken_rows) == 3
