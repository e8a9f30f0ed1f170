"""Shares of voice and the monitors of campaigns and competitors equal slow, plain Python on the world's own truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from tests.e2e.growth import Table, grown, growth, named, voices
from tests.e2e.meter import Asked, requests_of
from tests.e2e.month import ASKED, CAMPAIGNS, ENGAGEMENT, PRICES, ROLES, Month, latest_known, ratio, total
from tests.e2e.month_site import assert_equal
from tests.e2e.truth import best_places, on

if TYPE_CHECKING:
    from tests.e2e.conftest import Site

Cut = tuple[str, str]
"""Language and region; empty is all."""
WHOLE: Cut = ("", "")
NOT_OF_CUTS = dict.fromkeys(("hashtag_view_count", "cost_usd", "credits"))


def test_a_hashtag_has_a_share_of_voice_in_each_of_its_campaigns(month_site: Site, month: Month) -> None:
    expected = share_of_voice(month)

    assert_equal(month_site, "rpt_share_of_voice", ("campaign", "hashtag_key", "snapshot_date"), expected)
    assert {row["share_of_voice_reason"] for row in expected.values()} >= {None, "a hashtag has no gain"}
    assert {campaign for campaign, _, _ in expected} == set(CAMPAIGNS)


def test_campaigns_are_monitored_by_language_and_region(month_site: Site, month: Month) -> None:
    expected = campaign_monitor(month, requests_of(month_site, month.world))

    assert_equal(month_site, "rpt_campaign_monitor", ("campaign", "snapshot_date", "language", "region"), expected)
    assert {(bool(language), bool(region)) for *_, language, region in expected} == {
        (False, False),
        (True, False),
        (False, True),
        (True, True),
    }


def test_what_campaigns_cost_adds_up_to_what_their_hashtags_cost(month_site: Site, month: Month) -> None:
    asked = requests_of(month_site, month.world)
    credits = sum(each.credits for each in asked if each.hashtag_key is not None)

    [(charged,)] = month_site.rows("select sum(credits) from reporting.rpt_campaign_monitor")

    assert credits > 0
    assert abs(charged - credits) < 1e-6


def test_competitors_are_measured_by_the_best_own_hashtag(month_site: Site, month: Month) -> None:
    expected = competitor_monitor(month)
    grain = ("campaign", "hashtag_key", "snapshot_date", "language", "region")

    assert_equal(month_site, "rpt_competitor_monitor", grain, expected)
    assert {campaign for campaign, *_ in expected} == {"holiday-2026"}
    assert any(row["gain_vs_own"] is not None for row in expected.values())


def share_of_voice(month: Month) -> Table:
    """Shares by campaign, hashtag and date."""
    found = voices(month, grown(month))
    return {place: named(month, place[1]) | voice for place, voice in found.items()}


def campaign_monitor(month: Month, asked: Iterable[Asked]) -> Table:
    """What the feeds of a campaign's hashtags list, by date, language and region."""
    spent = spent_on(month, asked)
    rows: Table = {}
    for campaign in CAMPAIGNS:
        keys = month.campaign_keys(campaign)
        for when in month.dates:
            for cut, videos in cuts_of(month, keys, when).items():
                rows[campaign, when, *cut] = {
                    "hashtag_count": len(keys),
                    "counted_hashtag_count": sum(when in month.hashtag_stats[key] for key in keys),
                    **listed_counts(month, videos, when),
                    **newcomers(month, keys, videos, when),
                    **leaders(month, videos, when),
                    **completeness(month, keys, when),
                    "view_gain": total([view_gain(month, video_id, when) for video_id in videos]),
                    **(of_whole(month, keys, when, spent) if cut == WHOLE else NOT_OF_CUTS),
                }
    return rows


def cuts_of(month: Month, keys: Iterable[str], when: date) -> dict[Cut, list[str]]:
    """The videos in the feeds of some hashtags on a date, each once, by each language and region that is known."""
    cuts: dict[Cut, list[str]] = defaultdict(list)
    listed = {video_id for hashtag, video_id in month.feeds[when] if hashtag in keys}
    for video_id in sorted(listed):
        video = month.videos[video_id]
        for language in {"", video.language or ""}:
            for region in {"", video.region or ""}:
                cuts[language, region].append(video_id)
    return {WHOLE: cuts.pop(WHOLE, []), **cuts}


def listed_counts(month: Month, videos: Iterable[str], when: date) -> dict[str, Any]:
    """Videos, their creators, and their counts of a date."""
    facts = [month.videos[video_id] for video_id in videos]
    stats = [each.stats[when] for each in facts]
    known = [row for row in stats if None not in [row[measure] for measure in ENGAGEMENT]]
    engaged = total([row[measure] for row in known for measure in ENGAGEMENT[1:]])
    return {
        "listed_video_count": len(facts) or None,
        "creator_count": len({each.creator_id for each in facts} - {None}) if facts else None,
        **{measure: total([row[measure] for row in stats]) for measure in ENGAGEMENT},
        "engagement_rate": ratio(engaged, total([row["view_count"] for row in known])),
    }


def newcomers(month: Month, keys: Iterable[str], videos: Iterable[str], when: date) -> dict[str, Any]:
    """Videos and creators that the feeds of some hashtags listed for the first time."""
    debuts: dict[str, date] = {}
    creator_debuts: dict[str, date] = {}
    for (hashtag, video_id), at in month.first_listed.items():
        if hashtag not in keys:
            continue
        debuts[video_id] = min(at, debuts.get(video_id, at))
        creator = month.videos[video_id].creator_id
        if creator is not None:
            creator_debuts[creator] = min(at, creator_debuts.get(creator, at))
    listed = {month.videos[video_id].creator_id for video_id in videos}
    first_dates = {
        key: min((at for (tag, _), at in month.first_listed.items() if tag == key), default=None) for key in keys
    }
    if not listed or when in first_dates.values():
        return dict.fromkeys(("new_video_count", "new_creator_count"))
    return {
        "new_video_count": sum(debuts[video_id] == when for video_id in videos),
        "new_creator_count": sum(creator_debuts[creator] == when for creator in listed if creator is not None),
    }


def completeness(month: Month, keys: Iterable[str], when: date) -> dict[str, Any]:
    """Providers whose feeds came on a date, of those whose feeds came within a week."""
    came = {at: feed_providers(month, keys, at) for at in month.dates if 0 <= (when - at).days <= 7}
    expected = set().union(*came.values())
    return {
        "provider_count": len(came[when]) if expected else None,
        "expected_provider_count": len(expected) or None,
        "is_complete": came[when] == expected if expected else None,
    }


def feed_providers(month: Month, keys: Iterable[str], when: date) -> set[str]:
    """The providers that listed videos in the feeds of some hashtags on a date, but for datasets."""
    day = next(day for day in ASKED if on(day) == when)
    wanted = set(keys)
    return {
        provider
        for provider in ASKED[day]
        if provider in ("unifapi", "tikliveapi")
        and any(key in wanted for key, _ in best_places(month.world, day, {provider: ASKED[day][provider]}))
    }


def leaders(month: Month, videos: Iterable[str], when: date) -> dict[str, Any]:
    """The video and the creator with the most views; of equals the first by id."""
    views = {video_id: month.videos[video_id].stats[when]["view_count"] or 0 for video_id in videos}
    by_creator: dict[str, int] = defaultdict(int)
    for video_id, count in views.items():
        creator = month.videos[video_id].creator_id
        if creator is not None:
            by_creator[creator] += count
    top_video = min(views, key=lambda video_id: (-views[video_id], video_id), default=None)
    top = min(by_creator, key=lambda creator: (-by_creator[creator], creator), default=None)
    return {
        "top_video_id": top_video,
        "top_creator_id": top,
        "top_creator_handle": latest_known(month.creators[top])["handle"] if top else None,
        "top_creator_view_share": ratio(by_creator[top], sum(views.values())) if top else None,
    }


def view_gain(month: Month, video_id: str, when: date) -> int | None:
    """Views since a video's previous count."""
    stats = month.videos[video_id].stats
    earlier = [at for at in stats if at < when and stats[at]["view_count"] is not None]
    before = stats[max(earlier)]["view_count"] if earlier else None
    now = stats[when]["view_count"]
    return None if now is None or before is None else now - before


def spent_on(month: Month, asked: Iterable[Asked]) -> dict[tuple[str, date], tuple[float | None, float]]:
    """Dollars, as far as prices are known, and credits by hashtag and date, for each of its campaigns."""
    spent: dict[tuple[str, date], list[Asked]] = defaultdict(list)
    for each in asked:
        if each.hashtag_key is not None:
            spent[each.hashtag_key, each.on].append(each)
    parts = {}
    for (key, when), rows in spent.items():
        campaigns = sum(key in month.campaign_keys(campaign) for campaign in CAMPAIGNS)
        prices = [(PRICES[row.provider], row.credits) for row in rows]
        priced = [price * credits / campaigns for price, credits in prices if price is not None]
        parts[key, when] = (sum(priced) if priced else None, sum(row.credits for row in rows) / campaigns)
    return parts


def of_whole(
    month: Month, keys: Iterable[str], when: date, spent: dict[tuple[str, date], tuple[float | None, float]]
) -> dict[str, Any]:
    """What only the row of a whole campaign has."""
    stats = [month.hashtag_stats[key][when].view_count for key in keys if when in month.hashtag_stats[key]]
    costs = [spent[key, when] for key in keys if (key, when) in spent]
    priced = [usd for usd, _ in costs if usd is not None]
    return {
        "hashtag_view_count": sum(stats) if stats else None,
        "cost_usd": sum(priced) if priced else None,
        "credits": sum(credits for _, credits in costs) if costs else None,
    }


def competitor_monitor(month: Month) -> Table:
    """The hashtags of campaigns with an own one beside the best of these."""
    grown = growth(month)
    roles = dict(zip(month.keys, ROLES, strict=True))
    rows: Table = {}
    for campaign in CAMPAIGNS:
        keys = month.campaign_keys(campaign)
        own = [key for key in keys if roles[key] == "own"]
        for when in month.dates if own else []:
            best = best_of_own([grown[key, when] for key in own if (key, when) in grown])
            for key in keys:
                for cut, videos in cuts_of(month, [key], when).items():
                    whole = compared(grown.get((key, when)), best if cut == WHOLE else None)
                    named = {"role": roles[key], "hashtag_name": latest_known(month.hashtags[key])["hashtag_name"]}
                    rows[campaign, key, when, *cut] = named | whole | listed_of_one(month, videos, when)
    return rows


def best_of_own(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The largest numbers of a campaign's own hashtags."""
    listed = list(rows)
    gains = [row["view_gain_per_day"] for row in listed if row["view_gain_per_day"] is not None]
    return {
        "view_count": max((row["view_count"] for row in listed), default=None),
        "view_gain_per_day": max(gains, default=None),
    }


def compared(row: dict[str, Any] | None, best: dict[str, Any] | None) -> dict[str, Any]:
    """A hashtag's own numbers and multiples of the best; nothing in a cut or on a date without a count."""
    if row is None or best is None:
        return dict.fromkeys(("view_count", "view_gain_per_day", "growth_7d_rate", "view_count_vs_own", "gain_vs_own"))
    best_gain = best["view_gain_per_day"]
    return {
        "view_count": row["view_count"],
        "view_gain_per_day": row["view_gain_per_day"],
        "growth_7d_rate": row["growth_7d_rate"],
        "view_count_vs_own": ratio(row["view_count"], best["view_count"]),
        "gain_vs_own": ratio(row["view_gain_per_day"], best_gain) if best_gain and best_gain > 0 else None,
    }


def listed_of_one(month: Month, videos: Iterable[str], when: date) -> dict[str, Any]:
    """What a hashtag's own feed lists."""
    counts = listed_counts(month, videos, when)
    kept = {name: counts[name] for name in ("listed_video_count", "creator_count", "engagement_rate")}
    return kept | {"video_view_count": counts["view_count"]}
