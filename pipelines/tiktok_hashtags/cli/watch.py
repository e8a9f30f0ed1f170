"""The commands that edit the watchlist and keep its comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import IO, TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Group, RenderableType

from tiktok_hashtags.cli.options import Command, json_option
from tiktok_hashtags.cli.tables import rows_table, say, stdout
from tiktok_hashtags.errors import ConfigError
from tiktok_hashtags.redaction import redact_url

if TYPE_CHECKING:
    from tiktok_hashtags.project import Project
    from tiktok_hashtags.watchlist import Change, Entry, Watchlist

ALL_COUNTRIES = "all"
_FLAGS = {"providers": "provider", "campaigns": "campaign"}


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorated(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorated


_hashtag_options = _options(
    click.option("--provider", "providers", multiple=True, help="Only from this provider; may be repeated."),
    click.option("--campaign", "campaigns", multiple=True, help="Put it into a campaign; may be repeated."),
    click.option("--role", type=click.Choice(["own", "competitor", "market"]), help="Its part in monitoring reports."),
    click.option("--max-videos", type=click.IntRange(1), help="Soft limit of a walk."),
    click.option("--region", metavar="CC", help="For the providers that take one."),
)
_trend_options = _options(
    click.option("--trend", "trends", metavar="CC", multiple=True, help=f'A country\'s trend list; "{ALL_COUNTRIES}".'),
    click.option("--source", type=click.Choice(["popular_trend", "creative_center"]), help="Which trend list."),
    click.option("--period-days", type=int, help="7, 30, 120; creative_center: 7, 30, 90."),
    click.option("--industry-id", type=int, help="The trend list of an industry."),
    click.option("--new-on-board", is_flag=True, default=None, help="Only what is new on the trend list."),
)
_search_option = click.option("--search", "searches", metavar="KEYWORD", multiple=True, help="A hashtag search.")


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def watch(ctx: click.Context, as_json: bool) -> None:
    """Edit watchlist.toml, or show it; comments and formatting stay as they are."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_, as_json=as_json)
    elif as_json:
        raise click.UsageError(f"--json belongs after the subcommand: tiktags watch {ctx.invoked_subcommand} --json")


@watch.command()
@click.argument("names", metavar="[NAME|URL|ID]...", nargs=-1)
@_hashtag_options
@_trend_options
@_search_option
@click.option("--max-items", type=click.IntRange(1), help="Soft limit of a search.")
@json_option
@click.pass_obj
def add(project: Project, /, names: Sequence[str], as_json: bool, **given: Any) -> None:
    """Track hashtags, trend lists and searches: `tiktags watch add '#christmas' --campaign holiday-2026`.

    Digits alone are an id; '#2026' is the hashtag of that name. An entry that is already tracked stays unchanged.
    """
    from tiktok_hashtags import providers
    from tiktok_hashtags.watchlist import add as add_entries
    from tiktok_hashtags.watchlist import checked_entry, hashtag_named

    hashtag, trend, search = _values(names, given)
    known = providers.names()
    entries = [checked_entry("hashtags", {**hashtag_named(name), **hashtag}, providers=known) for name in names]
    entries += [checked_entry("trends", {**_country(each), **trend}, providers=known) for each in given["trends"]]
    entries += [checked_entry("searches", {"keyword": each, **search}, providers=known) for each in given["searches"]]
    _print_change(add_entries(project.watchlist, entries, providers=known), as_json=as_json)


@watch.command()
@click.argument("names", metavar="[NAME|URL|ID]...", nargs=-1)
@_trend_options
@_search_option
@json_option
@click.pass_obj
def rm(project: Project, /, names: Sequence[str], as_json: bool, **given: Any) -> None:
    """Stop tracking hashtags, trend lists and searches; loaded data stay.

    Comments directly above or below an entry are removed with it. Exits 2, and changes nothing, if one of them is not
    tracked.
    """
    from tiktok_hashtags import providers
    from tiktok_hashtags.watchlist import is_hashtag, is_search, is_trend, remove

    _, trend, _ = _values(names, given)
    wanted = {name: is_hashtag(name) for name in names}
    for each in given["trends"]:
        wanted[f"trend list {each}"] = is_trend({"country": None, **_country(each.upper()), **trend})
    wanted |= {f'search "{each}"': is_search(each) for each in given["searches"]}
    _print_change(remove(project.watchlist, wanted, providers=providers.names()), as_json=as_json)


@watch.command("import")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@_hashtag_options
@json_option
@click.pass_obj
def import_(project: Project, /, file: IO[str], as_json: bool, **given: Any) -> None:
    """Track the hashtags of a file: one per line, or CSV with a row of column names; `-` is stdin.

    Columns: name (or hashtag), url, id, providers, max_videos, region, campaigns, role; `;` separates
    the items of a list. Options apply to the rows that leave a column empty.
    """
    from tiktok_hashtags import providers
    from tiktok_hashtags.watchlist import add as add_entries
    from tiktok_hashtags.watchlist import imported

    shared = {name: value for name, value in given.items() if value}
    try:
        text = file.read()
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file.name}: not UTF-8 text. Nothing was changed.") from error
    entries: list[Entry] = imported(text, file=file.name, shared=shared, providers=providers.names())
    _print_change(add_entries(project.watchlist, entries, providers=providers.names()), as_json=as_json)


@watch.command("list")
@json_option
@click.pass_obj
def list_(project: Project, as_json: bool) -> None:
    """List the tracked hashtags, trend lists, searches and datasets."""
    from tiktok_hashtags import providers
    from tiktok_hashtags.watchlist import read_watchlist

    watchlist = read_watchlist(project.watchlist, providers=providers.names())
    if as_json:
        click.echo(json.dumps(watchlist_json(watchlist), ensure_ascii=False))
    else:
        stdout().print(watchlist_view(watchlist))


def _values(names: Sequence[str], given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the options for hashtags, trend lists and searches.

    Raises:
        UsageError: No entry is named, or an option belongs to a kind of entry that is not named.
    """
    kinds = {
        "a hashtag": (names, ("providers", "campaigns", "role", "max_videos", "region")),
        "a --trend": (given["trends"], ("source", "period_days", "industry_id", "new_on_board")),
        "a --search": (given["searches"], ("max_items",)),
    }
    if not any(named for named, _ in kinds.values()):
        raise click.UsageError("name a hashtag, a --trend or a --search")
    values = []
    for kind, (named, options) in kinds.items():
        found = {name: given[name] for name in options if given.get(name)}
        if found and not named:
            option = _FLAGS.get(first := next(iter(found)), first.replace("_", "-"))
            raise click.UsageError(f"--{option} belongs to {kind}, but none is named. Nothing was changed.")
        values.append(found)
    return values[0], values[1], values[2]


def _country(text: str) -> dict[str, str]:
    return {} if text.casefold() == ALL_COUNTRIES else {"country": text}


def _print_change(change: Change, *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        click.echo(json.dumps(asdict(change), ensure_ascii=False))
        return
    for word, labels in asdict(change).items():
        for label in labels:
            say(f"{word.replace('_', ' ')}: {label}")


def watchlist_json(watchlist: Watchlist) -> dict[str, Any]:
    """Return a watchlist as `tiktags watch list --json` prints it, with each hashtag's normalised name."""
    values: dict[str, Any] = msgspec.to_builtins(watchlist)
    keyed = zip(values["hashtags"], watchlist.hashtags, strict=True)
    for dataset in values["datasets"]:
        dataset["path"] = dataset["path"] and redact_url(dataset["path"])
    return {**values, "hashtags": [{"hashtag_key": hashtag.key, **entry} for entry, hashtag in keyed]}


def watchlist_view(watchlist: Watchlist) -> RenderableType:
    """Return a watchlist as tables."""
    columns = ("hashtag", "id", "role", "campaigns", "providers", "max videos", "region")
    rows = [
        (item.label, item.id, item.role, ", ".join(item.campaigns) or None,
         ", ".join(item.providers) if item.providers is not None else "all", item.max_videos, item.region)
        for item in watchlist.hashtags
    ]  # fmt: skip
    others = [("trend list", item.label) for item in watchlist.trends]
    others += [("search", item.keyword) for item in watchlist.searches]
    others += [("dataset", item.label) for item in watchlist.datasets]
    parts = [rows_table(columns, rows)] if rows else []
    return Group(*parts, *([rows_table(("beside", ""), others)] if others else []))
