from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.watchlist.model import (
    Dataset,
    Hashtag,
    Limits,
    Search,
    TrendList,
    Watchlist,
    hashtag_key,
    name_of_url,
    read_watchlist,
)

PROVIDERS = ("crawlora", "tikliveapi", "unifapi", "scraper")


def read(folder: Path, text: str | bytes) -> Watchlist:
    path = folder / "watchlist.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_watchlist(path, providers=PROVIDERS)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("christmas", "christmas"),
        ("#Christmas", "christmas"),
        ("＃Christmas", "christmas"),
        ("##x", "x"),
        ("  #Weihnachten  ", "weihnachten"),
        ("ＦＵＬＬ", "full"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("ﬁtness", "fitness"),
        ("cafe\u0301", "café"),
        ("a\u200bb\ufeff", "ab"),
        ("#\u200b#x", "x"),
        ("e\u200d\u0301", "é"),
        ("\u202eevil\u202c", "evil"),
        ("🎄", "🎄"),
        ("___", "___"),
        ("हिन्दी", "हिन्दी"),
        ("../x", "../x"),
        ("-rf", "-rf"),
        ("a" * 256, "a" * 256),
    ],
)
def test_a_hashtag_is_known_by_its_normalised_name(name: str, key: str) -> None:
    assert hashtag_key(name) == key


@pytest.mark.parametrize("name", ["", "#", "  ", "\u200b", "a\x00b", "a\nb", "\ud800", "a" * 257, "ü" * 129])
def test_what_is_no_name_has_no_key(name: str) -> None:
    assert hashtag_key(name) is None


@given(st.text())
def test_a_key_is_its_own_key(name: str) -> None:
    key = hashtag_key(name)

    again = hashtag_key(key) if key is not None else None

    assert again == key


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=40))
def test_casing_and_hash_sign_change_no_key(name: str) -> None:
    assert hashtag_key(f"#{name.casefold()}") == hashtag_key(name.casefold())


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.tiktok.com/tag/christmas", "christmas"),
        ("https://tiktok.com/tag/christmas/", "christmas"),
        ("https://m.tiktok.com/tag/christmas?lang=en#top", "christmas"),
        ("https://www.tiktok.com/tag/%F0%9F%8E%84", "🎄"),
        ("https://www.tiktok.com/tag/a%2Fb", "a/b"),
        ("https://www.tiktok.com/@someone", None),
        ("https://www.tiktok.com/tag/", None),
        ("https://nottiktok.com/tag/x", None),
        ("https://tiktok.com.evil.example/tag/x", None),
        ("http://[x/tag/x", None),
        ("christmas", None),
        ("", None),
        (None, None),
    ],
)
def test_a_hashtags_url_gives_its_name(url: str | None, name: str | None) -> None:
    assert name_of_url(url) == name


def test_name_wins_over_url_and_an_id_alone_has_no_key() -> None:
    by_name = Hashtag(name="#Cat", url="https://www.tiktok.com/tag/dog")
    by_id = Hashtag(id="3242")

    assert (by_name.key, by_name.spelling, by_name.label) == ("cat", "Cat", "#Cat")
    assert (by_id.key, by_id.spelling, by_id.label) == (None, None, "id 3242")


def test_labels_name_their_entries() -> None:
    trend = TrendList(country="US", period_days=30, industry_id=22000000000, new_on_board=True)

    assert trend.label == "popular_trend US 30 days industry 22000000000 new on board"
    assert TrendList().label == "popular_trend all countries 7 days"
    assert Dataset(path="a/*.json").label == "a/*.json"
    assert Dataset(dataset_id="x1").label == "dataset x1"


def test_a_full_watchlist_is_read_as_it_is_documented(tmp_path: Path) -> None:
    text = """
        [[hashtags]]
        name = "christmas"
        providers = ["crawlora", "unifapi"]
        max_videos = 100
        region = "US"
        campaigns = ["holiday-2026"]
        role = "own"

        [[hashtags]]
        id = "3242"

        [[trends]]
        source = "creative_center"
        country = "US"
        period_days = 90
        industry_id = 22000000000

        [[searches]]
        keyword = "cat"

        [[datasets]]
        path = "captures/*.jsonl"
        captured_at = 2026-11-01T06:00:00

        [limits]
        max_usd_per_run = 2.00
        [limits.credits_per_run]
        crawlora = 400
    """

    watchlist = read(tmp_path, text)

    christmas = Hashtag(
        name="christmas",
        providers=("crawlora", "unifapi"),
        max_videos=100,
        region="US",
        campaigns=("holiday-2026",),
        role="own",
    )
    assert watchlist == Watchlist(
        hashtags=(christmas, Hashtag(id="3242")),
        trends=(TrendList(source="creative_center", country="US", period_days=90, industry_id=22000000000),),
        searches=(Search(keyword="cat"),),
        datasets=(Dataset(path="captures/*.jsonl", captured_at=datetime(2026, 11, 1, 6)),),
        limits=Limits(max_usd_per_run=2.0, credits_per_run={"crawlora": 400}),
    )


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    watchlist = read(tmp_path, b'\xef\xbb\xbf[[hashtags]]\nname = "cat"\n')

    assert watchlist.hashtags == (Hashtag(name="cat"),)


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^watchlist\.toml: no such file here\. .* `tiktags init` writes one"):
        read_watchlist(tmp_path / "watchlist.toml", providers=PROVIDERS)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^watchlist\.toml: not UTF-8 text \(invalid start byte at byte 11\)"):
        read(tmp_path, b'keyword = "\xff"')


@pytest.mark.parametrize("text", ["", "# nothing here\n", "[limits]\nmax_usd_per_run = 1\n", "hashtags = []\n"])
def test_a_watchlist_that_tracks_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"^watchlist\.toml: there is nothing to track\. .* Add at least one"):
        read(tmp_path, text)


GOOD = '[[hashtags]]\nname = "cat"\nmax_videos = 5\n\n'


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ('[[hashtags]\nname = "cat"\n', 1, "not valid TOML"),
        (GOOD + '[[searches]]\nkeyword = "cat\n', 6, "not valid TOML"),
        (GOOD + '[[hashtag]]\nname = "dog"\n', 5, "unknown key `hashtag`; expected one of hashtags, trends, searches"),
        (GOOD + '[[hashtags]]\nnam = "dog"\n', 6, "unknown key `nam`; expected one of name, url, id, providers"),
        (GOOD + '[[hashtags]]\nname = "dog"\nmax_videos = "5"\n', 7, "expected `int`, got `str`"),
        (GOOD + '[[hashtags]]\nname = "dog"\nmax_videos = 0\n', 7, "expected `int` >= 1"),
        (GOOD + f'[[hashtags]]\nname = "dog"\nmax_videos = {10**30}\n', 7, "expected `int` <= 1000000000"),
        (GOOD + '[[hashtags]]\nname = "dog"\nrole = "boss"\n', 7, "invalid enum value 'boss'"),
        (GOOD + '[[hashtags]]\nname = "dog"\nregion = "USA"\n', 7, "expected `str` matching regex"),
        (GOOD + '[[hashtags]]\nname = "dog"\nproviders = ["tiktok"]\n', 7, "unknown provider 'tiktok'; expected one"),
        (GOOD + "[[hashtags]]\nmax_videos = 5\n", 5, "expected a `name`, a `url` or an `id`"),
        (GOOD + "[[hashtags]]\nid = 3242\n", 6, "expected `str | null`, got `int`"),
        (GOOD + '[[hashtags]]\nid = "32a"\n', 5, "expected `id` to be digits, for example id = \"3242\", found '32a'"),
        (GOOD + '[[hashtags]]\nurl = "https://x.example/tag/y"\n', 5, "expected a `url` like https://www.tiktok.com"),
        (GOOD + '[[hashtags]]\nurl = "http://[x"\n', 5, "expected a `url` like https://www.tiktok.com"),
        (GOOD + '[[hashtags]]\nname = ""\n', 5, "not a hashtag name (empty, control characters, or over 256 bytes)"),
        (GOOD + '[[hashtags]]\nname = "a\\u0000b"\n', 5, "not a hashtag name"),
        (GOOD + f'[[hashtags]]\nname = "{"a" * 10_000}"\n', 5, "not a hashtag name"),
        (GOOD + "[[trends]]\nperiod_days = 14\n", 6, "invalid enum value 14"),
        (
            GOOD + "[[trends]]\nperiod_days = 90\n",
            5,
            "expected `period_days` of popular_trend to be one of (7, 30, 120)",
        ),
        (GOOD + '[[trends]]\nsource = "creative_center"\n', 5, "expected a `country`"),
        (
            GOOD + '[[trends]]\nsource = "creative_center"\ncountry = "US"\nperiod_days = 120\n',
            5,
            "expected `period_days` of creative_center to be one of (7, 30, 90), found 120",
        ),
        (
            GOOD + '[[trends]]\nsource = "creative_center"\ncountry = "US"\nnew_on_board = true\n',
            5,
            "expected no `new_on_board`",
        ),
        (GOOD + f"[[trends]]\nindustry_id = {2**63}\n", 6, "expected `int` <= 9223372036854775807"),
        (GOOD + "[[searches]]\n", 5, "object missing required field `keyword`"),
        (GOOD + '[[searches]]\nkeyword = ""\n', 6, "expected `str` of length >= 1"),
        (GOOD + "[[datasets]]\n", 5, "expected either `path` or `dataset_id`"),
        (GOOD + '[[datasets]]\npath = "a"\ndataset_id = "b"\n', 5, "expected either `path` or `dataset_id`"),
        (GOOD + '[[datasets]]\npath = ""\n', 6, "expected `str` of length >= 1"),
        (GOOD + "[limits]\nmax_usd_per_run = -1\n", 6, "expected `float` >= 0.0"),
        (GOOD + "[limits]\nmax_usd_per_run = nan\n", 6, "expected `float` >= 0.0"),
        (GOOD + "[limits]\nmax_eur_per_run = 1\n", 6, "unknown key `max_eur_per_run`; expected one of max_usd_per_run"),
        (GOOD + "[limits]\n[limits.credits_per_run]\ncrawler = 4\n", 6, "unknown provider 'crawler'"),
        (GOOD + '[limits.credits_per_run]\ncrawlora = "4"\n', 5, "expected `int`, got `str`"),
        ("hashtags = [{name = 1}]\n", 1, "expected `str | null`, got `int`"),
        ("hashtags = 5\n", 1, "expected `array`, got `int`"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_was_expected(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)

    place, _, message = str(caught.value).partition(": ")
    assert place == f"watchlist.toml:{line}"
    assert message.startswith(said)
