"""The watchlist from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tiktok_hashtags.cli.main import main

WATCHLIST = """\
# Ours.
[[hashtags]]
name = "Christmas"   # the big one
id = "3242"

[[trends]]
country = "US"

[[trends]]
country = "US"
period_days = 30

[[searches]]
keyword = "cat"

[limits]
max_usd_per_run = 2.0
"""
FILE = Path("watchlist.toml")


@pytest.fixture(autouse=True)
def watchlist(_no_settings_of_this_machine: None) -> Path:
    FILE.write_text(WATCHLIST, encoding="utf-8")
    FILE.chmod(0o640)
    return FILE


def watch(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(main, ["watch", *arguments], input=stdin)


def json_of(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_add_takes_names_urls_and_ids_and_appends_them_to_their_list() -> None:
    result = watch("add", "#Kätzchen", "https://www.tiktok.com/tag/dogs", "77", "--role", "own", "--campaign", "x")

    assert result.stdout == "added: #Kätzchen\nadded: #dogs\nadded: id 77\n"
    block = '\n[[hashtags]]\n{}\ncampaigns = ["x"]\nrole = "own"\n'
    pairs = ('name = "Kätzchen"', 'url = "https://www.tiktok.com/tag/dogs"', 'id = "77"')
    expected = WATCHLIST.replace('id = "3242"\n', 'id = "3242"\n' + "".join(map(block.format, pairs)))
    assert FILE.read_text("utf-8") == expected


def test_a_sharp_sign_makes_digits_a_name() -> None:
    watch("add", "#2026")

    assert 'name = "2026"' in FILE.read_text("utf-8")


def test_add_writes_trend_lists_and_searches_with_their_options() -> None:
    result = watch(
        "add", "--trend", "gb", "--trend", "all", "--period-days", "7", "--search", "dog", "--max-items", "5"
    )

    assert result.stdout.splitlines() == [
        "added: trend list popular_trend gb 7 days",
        "added: trend list popular_trend all countries 7 days",
        'added: search "dog"',
    ]
    assert '\n[[trends]]\ncountry = "gb"\n' in FILE.read_text("utf-8")
    assert '\n[[searches]]\nkeyword = "dog"\nmax_items = 5\n' in FILE.read_text("utf-8")


def test_add_lists_tracked_entries_and_leaves_them_as_they_are() -> None:
    result = watch("add", "#CHRISTMAS", "3242", "--role", "own", "--trend", "us", "--search", "Cat", "--json")

    assert json_of(result) == {
        "added": [],
        "already_there": ["#CHRISTMAS", "id 3242", "trend list popular_trend us 7 days", 'search "Cat"'],
        "removed": [],
    }
    assert FILE.read_text("utf-8") == WATCHLIST


def test_add_writes_a_repeated_hashtag_once() -> None:
    assert json_of(watch("add", "cats", "#Cats", "--json"))["added"] == ["#cats"]


def test_the_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target = FILE.rename(tmp_path / "shared.toml")
    FILE.symlink_to(target)

    watch("add", "cats")

    assert FILE.is_symlink()
    assert '"cats"' in target.read_text("utf-8")
    assert target.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".w")] == []


def test_rm_removes_an_entry_with_its_comments_and_nothing_else() -> None:
    result = watch("rm", "#christmas", "--trend", "US", "--period-days", "30", "--search", "CAT")

    assert result.exit_code == 0, result.output
    assert FILE.read_text("utf-8") == ('# Ours.\n\n[[trends]]\ncountry = "US"\n\n[limits]\nmax_usd_per_run = 2.0\n')


def test_rm_takes_an_id_or_a_url_of_a_hashtag() -> None:
    assert json_of(watch("rm", "3242", "--json"))["removed"] == ["#Christmas"]
    watch("add", "christmas")
    assert json_of(watch("rm", "https://www.tiktok.com/tag/christmas", "--json"))["removed"] == ["#christmas"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rm", "christmass"], "christmass is not tracked. Nothing was changed. Similar: #Christmas."),
        (["rm", "324"], "324 is not tracked. Nothing was changed. Similar: #Christmas."),
        (["rm", "christmas", "zebra"], "zebra is not tracked. Nothing was changed."),
        (["rm", "--trend", "GB"], "Similar: trend list popular_trend US 7 days, trend list popular_trend US 30 days."),
        (["rm", "--trend", "US"], "trend list US could be several lists"),
        (["rm", "--search", "dog"], 'Similar: search "cat".'),
        (["rm"], "name a hashtag, a --trend or a --search"),
        (["add", "--role", "own"], "name a hashtag"),
        (["add", "cats", "--period-days", "7"], "--period-days belongs to a --trend, but none is named"),
        (["add", "--search", "x", "--provider", "unifapi"], "--provider belongs to a hashtag, but none is named"),
        (["add", "cats", "--provider", "nobody"], "unknown provider 'nobody'; expected one of crawlora"),
        (["add", "cats", "--region", "USA"], "region: expected `str` matching regex"),
        (["add", "https://vm.tiktok.com/ZM"], "expected a `url` like https://www.tiktok.com/tag/christmas"),
        (["add", "#"], "not a hashtag name"),
        (["add", "x" * 300], "not a hashtag name"),
        (["add", "--trend", "US", "--period-days", "90"], "expected `period_days` of popular_trend to be one of"),
        (["add", "--trend", "all", "--source", "creative_center"], "expected a `country`"),
        (["import", "-"], "-:2: not a hashtag name"),
        (["import", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_a_wrong_command_exits_2_and_changes_nothing(arguments: list[str], said: str) -> None:
    result = watch(*arguments, stdin="cats\n#\n")

    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("<stdin>", "-").split())
    assert FILE.read_text("utf-8") == WATCHLIST


def test_a_list_of_lines_is_imported_with_the_options_for_all() -> None:
    result = watch("import", "-", "--campaign", "x", "--json", stdin="#cats\n\n dogs \nCats\n77\n")

    assert json_of(result) == {"added": ["#cats", "#dogs", "id 77"], "already_there": ["#Cats"], "removed": []}
    assert FILE.read_text("utf-8").count('campaigns = ["x"]') == 3


def test_a_table_is_imported_by_its_column_names() -> None:
    Path("tags.csv").write_text(
        '\ufeffHashtag,Campaigns,Max_videos,role\r\n#cats,"a;b",50,own\r\n"a, ""b""",,,\r\n,,,\r\n', encoding="utf-8"
    )

    result = watch("import", "tags.csv", "--role", "competitor")

    assert result.stdout == 'added: #cats\nadded: #a, "b"\n'
    listed = json_of(watch("list", "--json"))["hashtags"]
    kept = [[each[name] for name in ("name", "campaigns", "max_videos", "role")] for each in listed]
    assert kept[1:] == [["cats", ["a", "b"], 50, "own"], ['a, "b"', [], 500, "competitor"]]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("name,max_videos\ncats,many\n", "t.csv:2: max_videos: expected `int`"),
        ("name,role\ncats,own\ndogs,mine\n", "t.csv:3: role: invalid enum value"),
        ("name,id\n", "t.csv: it contains no hashtags"),
        ("name,id\ncats\ndogs,x\n", "t.csv:3: expected `id` to be digits"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_imported(table: str, said: str) -> None:
    Path("t.csv").write_text(table, encoding="utf-8")

    result = watch("import", "t.csv")

    assert result.exit_code == 2
    assert said in result.stderr
    assert FILE.read_text("utf-8") == WATCHLIST


def test_the_list_shows_every_tracked_entry() -> None:
    result = watch("list")

    assert [line.split()[0] for line in result.stdout.splitlines()] == [
        "hashtag", "#Christmas", "beside", "trend", "trend", "search"
    ]  # fmt: skip


def test_the_list_s_json_has_the_hashtag_key() -> None:
    [hashtag] = json_of(watch("list", "--json"))["hashtags"]

    assert hashtag["hashtag_key"] == "christmas"


def test_without_a_subcommand_it_is_the_list() -> None:
    assert json_of(watch("--json")) == json_of(watch("list", "--json"))
    assert watch().stdout == watch("list").stdout


def test_json_before_a_subcommand_is_refused_and_changes_nothing() -> None:
    result = watch("--json", "add", "cats")

    assert result.exit_code == 2
    assert "tiktags watch add --json" in result.stderr
    assert FILE.read_text("utf-8") == WATCHLIST


def test_a_watchlist_that_is_wrong_is_not_touched() -> None:
    FILE.write_text("[[hashtags]]\nname = 7\n", encoding="utf-8")

    result = watch("add", "cats")

    assert result.exit_code == 2
    assert "watchlist.toml:2: expected `str" in result.stderr
    assert FILE.read_text("utf-8") == "[[hashtags]]\nname = 7\n"


def test_the_last_entry_can_be_removed_and_another_added() -> None:
    FILE.write_text('[[hashtags]]\nname = "a"\n', encoding="utf-8")

    removed, added = watch("rm", "a"), watch("add", "b")

    assert (removed.exit_code, added.exit_code) == (0, 0)
    assert FILE.read_text("utf-8") == '[[hashtags]]\nname = "b"\n'


def test_other_spellings_of_toml_are_understood() -> None:
    text = '[[hashtags]]\nname = "a"\n\n[[hashtags]]\n"name" = "b"\n[[ \'hashtags\' ]]\nname = "c"\n'
    FILE.write_text(text, encoding="utf-8")

    assert json_of(watch("rm", "b", "c", "--json"))["removed"] == ["#b", "#c"]
    assert FILE.read_text("utf-8") == '[[hashtags]]\nname = "a"\n'


@pytest.mark.parametrize("command", [["add", "b"], ["rm", "a"]])
def test_an_inline_array_is_listed_but_not_edited(command: list[str]) -> None:
    text = 'hashtags = [{name = "a"}]\n[[searches]]\nkeyword = "cat"\n'
    FILE.write_text(text, encoding="utf-8")

    result = watch(*command)

    assert result.exit_code == 2
    assert "`hashtags` is not written as tables, so this command cannot edit it. Nothing was changed." in result.stderr
    assert "Write each of its entries under a line [[hashtags]]" in result.stderr
    assert FILE.read_text("utf-8") == text
    assert [each["name"] for each in json_of(watch("list", "--json"))["hashtags"]] == ["a"]


def test_beside_an_inline_array_another_list_is_edited() -> None:
    FILE.write_text('hashtags = [{name = "a"}]\n', encoding="utf-8")

    assert json_of(watch("add", "--search", "cat", "--json"))["added"] == ['search "cat"']
    assert FILE.read_text("utf-8") == 'hashtags = [{name = "a"}]\n\n[[searches]]\nkeyword = "cat"\n'


@pytest.mark.parametrize("command", [["add", "x"], ["rm", "x"], ["list"]])
def test_without_a_watchlist_init_is_named(command: list[str]) -> None:
    FILE.unlink()

    result = watch(*command)

    assert result.exit_code == 2
    assert "`tiktags init` writes one" in result.stderr
