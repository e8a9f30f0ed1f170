"""The effects of scripted faults on an answer before it becomes bytes: envelopes, paging, items, bodies."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from .chance import digits
from .crawlora import CAPTCHA
from .exchange import ItemShape, Provider, Question, Reply
from .faults import BODIES, CHANGED_ITEMS, ENVELOPES, EXTRA_ITEMS, PAGINGS, Fault

_CAPTCHA_PAGE = (
    b"<!doctype html><html><head><title>Verify to continue</title></head><body>Drag the slider</body></html>"
)
_PLAIN_PAGE = b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>"
_SENTINEL = "@@replaced-in-the-bytes@@"


def before(fault: Fault, provider: Provider, question: Question) -> Reply:
    """The answer of something in front of the service: an error status, a redirect, or nothing (a reset)."""
    if fault.kind == "redirect":
        reply = Reply(302, {"message": "moved"}, headers={"Location": fault.location})
    else:
        status = fault.status or 503
        reply = provider.refusal(question, status, "scripted fault")
        if status == 429 and (value := _retry_after(fault, question)):
            reply.headers["Retry-After"] = value
    if fault.credits is not None:
        charge(reply, fault.credits)
    return reply


def charge(reply: Reply, amount: int) -> None:
    """Charge this many credits, and state it if the body has a billing block."""
    holder = reply.payload.get("error", reply.payload) if isinstance(reply.payload, dict) else None
    billing = holder.get("billing") if isinstance(holder, dict) else None
    if billing:
        billing["balance_remaining"] += reply.credits - amount
        billing["credits_charged"] = amount
    reply.credits = amount


def after(fault: Fault, provider: Provider, question: Question, reply: Reply, first: Callable[[], Reply]) -> Reply:
    """Alter a good answer; `first` gives the first page of the same walk."""
    if fault.kind in ENVELOPES:
        reply = _failing(fault, provider, question, reply)
    elif fault.kind in PAGINGS:
        _alter_paging(fault, reply, question, first)
    elif fault.kind in EXTRA_ITEMS:
        _add_item(fault, reply)
    elif fault.kind in CHANGED_ITEMS:
        _change_item(fault, reply)
    elif fault.kind in BODIES:
        reply.body = _body(fault, reply)
    if reply.body in (_PLAIN_PAGE, _CAPTCHA_PAGE):
        reply.headers["Content-Type"] = "text/html; charset=utf-8"
    if fault.credits is not None:
        charge(reply, fault.credits)
    return reply


def _retry_after(fault: Fault, question: Question) -> str | None:
    ahead = timedelta(seconds=fault.seconds)
    match fault.retry_after:
        case "seconds":
            return str(int(fault.seconds))
        case "date":
            return format_datetime(question.now + ahead, usegmt=True)
        case "past":
            return format_datetime(question.now - timedelta(hours=1), usegmt=True)
        case "absurd":
            return "99999999999"
    return None


def _failing(fault: Fault, provider: Provider, question: Question, reply: Reply) -> Reply:
    """A failure inside a 200; for a captcha, Crawlora has a status code; the others send a page of HTML."""
    if fault.kind == "envelope":
        return provider.failing_envelope(question, fault.code)
    if fault.kind == "inner_envelope":
        return provider.failing_inner_envelope(question, fault.code)
    if fault.kind == "sign_up":
        reply.payload = {"message": "Please sign up to continue"}
    elif question.account.provider == "crawlora":
        return provider.failing_inner_envelope(question, CAPTCHA if fault.code is None else fault.code)
    else:
        reply.body = _CAPTCHA_PAGE
    return reply


def _alter_paging(fault: Fault, reply: Reply, question: Question, first: Callable[[], Reply]) -> None:
    if fault.kind == "truncated":
        _truncate(reply)
    if fault.kind == "doubled_items":
        _show(reply, reply.items * 2)
    if reply.paging is None:
        return
    if fault.kind == "same_items":
        _show(reply, first().items)
    if fault.kind == "has_more_forever" and not reply.items:
        _show(reply, [renumbered(item, reply.shape, question.number) for item in first().items])
    if fault.kind == "empty_page":
        _show(reply, [])
    _point_cursor(fault, reply, question)


def _point_cursor(fault: Fault, reply: Reply, question: Question) -> None:
    """Promise another page, with a cursor to it."""
    paging = reply.paging
    if paging is None or fault.kind in {"truncated", "doubled_items"}:
        return
    paging.place[paging.more_key] = True
    if paging.cursor_key is None:
        return
    sent = question.query.get(paging.cursor_key, question.query.get("cursor"))
    on = paging.cursor_at(paging.offset + max(len(reply.items), 1), 0)
    paging.place[paging.cursor_key] = {
        "same_cursor": sent if sent is not None else paging.cursor_at(0, 0),
        "cursor_cycle": on if paging.offset == 0 else paging.cursor_at(0, 1),
        "has_more_forever": on,
        "empty_page": paging.cursor_at(paging.offset, question.number),
        "no_cursor": None,
        "same_items": on,
    }[fault.kind]


def _show(reply: Reply, items: list[Any]) -> None:
    """Put other items on the page, and charge for them if the price is per record."""
    by_record = isinstance(reply.payload, dict) and "billing" in reply.payload
    reply.items[:] = copy.deepcopy(items)
    if by_record:
        charge(reply, max(len(items), 1))
        reply.payload["billing"]["records_charged"] = len(items)


def _truncate(reply: Reply) -> None:
    """Cut the page in half as if the balance had run out inside it; only for a provider with a balance."""
    if not isinstance(reply.payload, dict) or "billing" not in reply.payload or not reply.is_list:
        return
    _show(reply, reply.items[: len(reply.items) // 2])
    reply.payload["billing"]["truncated_due_to_balance"] = True
    if reply.paging is not None:
        place = reply.paging.place
        place["has_more"] = True
        place["next_cursor"] = place["next_cursor"] or reply.paging.cursor_at(
            reply.paging.offset + 2 * len(reply.items), 0
        )


def renumbered(item: Any, shape: ItemShape | None, *salt: object) -> Any:
    """A copy of an item with unique ids."""
    other = copy.deepcopy(item)
    for path in shape.ids if shape else ():
        holder, name = _place(other, path)
        if name in holder:
            fresh = digits(19, "renumbered", holder[name], *salt)
            holder[name] = fresh if holder[name].isdecimal() else holder[name] + fresh[-4:]
    return other


def _add_item(fault: Fault, reply: Reply) -> None:
    """Put a bad item in front of a good one; details, which are one object, become bad themselves."""
    shape = reply.shape
    if shape is None or not reply.items:
        return
    place = min(fault.item, len(reply.items) - 1)
    bad: Any = renumbered(reply.items[place], shape, "bad") if reply.is_list else reply.items[0]
    if fault.kind == "no_id_item" or (fault.kind == "null_item" and not reply.is_list):
        for path in shape.ids:
            holder, name = _place(bad, path)
            holder.pop(name, None)
    elif fault.kind == "wrong_type_item":
        _set(bad, shape.count, {"value": [1, "1.3B"]})
    elif fault.kind == "int_beyond_64":
        _set(bad, shape.count, 2**64 + 1)
    elif fault.kind == "null_item":
        bad = None
    if reply.is_list:
        reply.items.insert(place, bad)


def _change_item(fault: Fault, reply: Reply) -> None:
    """Put a hostile value into an item that stays valid."""
    shape = reply.shape
    if shape is None or not reply.items:
        return
    item = reply.items[min(fault.item, len(reply.items) - 1)]
    holder, name = _place(item, shape.text)
    text = holder.get(name) or ""
    match fault.kind:
        case "huge_caption":
            holder[name] = text + " " + "x" * int(fault.megabytes * 1_000_000)
        case "nul":
            holder[name] = text + " nul \x00 here"
        case "lone_surrogate":
            holder[name] = text + " half \ud83d here"
        case "unknown_keys":
            item |= {f"unknown_{n}": n for n in range(2_000)}
        case "deep_unknown":
            item["unknown"] = _nested(30)
        case "sql_key":
            item['x"; drop table raw.rejects; --'] = 1


def _nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = {f"level_{level}": value}
    return value


def _place(item: Any, path: str) -> tuple[dict[str, Any], str]:
    """The object that holds the value at a path like `statistics.play_count`, and its key there."""
    *way, name = path.split(".")
    for step in way:
        item = item[step]
    return item, name


def _set(item: Any, path: str, value: object) -> None:
    holder, name = _place(item, path)
    holder[name] = value


def _body(fault: Fault, reply: Reply) -> bytes:
    if fault.kind == "html_200":
        return _PLAIN_PAGE
    if fault.kind == "empty_body":
        return b""
    if fault.kind == "invalid_json":
        whole = encoded(reply.payload)
        return whole[: len(whole) * 2 // 3]
    value = {"nan": b"NaN", "huge_int": b"9" * 5_000, "deep_nesting": b"[" * 200_000 + b"]" * 200_000}[fault.kind]
    return encoded(_with_sentinel(reply)).replace(f'"{_SENTINEL}"'.encode(), value, 1)


def _with_sentinel(reply: Reply) -> Any:
    """The payload with a mark instead of a count of the first item, or under a new key if there is none."""
    if reply.shape is not None and reply.items:
        _set(reply.items[0], reply.shape.count, _SENTINEL)
    elif isinstance(reply.payload, dict):
        reply.payload["odd"] = _SENTINEL
    else:
        return [_SENTINEL]
    return reply.payload


def encoded(payload: Any) -> bytes:
    """JSON in UTF-8, or with escapes if the text holds half a surrogate pair."""
    try:
        return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(payload, separators=(",", ":")).encode()
