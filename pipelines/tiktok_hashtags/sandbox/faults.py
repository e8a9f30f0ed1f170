"""Faults that tests script: the provider and requests that they hit, their number, and their effect.

Before the service sees the request, so nothing is charged: a status such as `503` or `status_503`, `401`,
`402`, `403`, `429`; `redirect`; `reset`.

Applied to an answer with status 200, which is charged:

* its envelope: `envelope`, `inner_envelope`, `captcha`, `sign_up`
* its paging: `same_cursor`, `cursor_cycle`, `has_more_forever`, `empty_page`, `no_cursor`, `same_items`,
  `doubled_items`, `truncated`
* an item put in front of a good one: `null_item`, `no_id_item`, `wrong_type_item`, `int_beyond_64`
* an item that stays good: `huge_caption`, `nul`, `lone_surrogate`, `unknown_keys`, `deep_unknown`, `sql_key`
* its body: `html_200`, `invalid_json`, `nan`, `huge_int`, `deep_nesting`, `empty_body`
* its bytes on the wire: `reset_in_body`, `short_body`, `long_body`, `half_gzip`, `slow_headers`, `slow_drip`,
  `gzip_bomb`
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

STATUS = re.compile(r"(?:status_)?([2-5]\d\d)")
BEFORE = frozenset({"redirect", "reset"})
ENVELOPES = frozenset({"envelope", "inner_envelope", "captcha", "sign_up"})
PAGINGS = frozenset(
    {
        *("same_cursor", "cursor_cycle", "has_more_forever", "empty_page", "no_cursor", "same_items"),
        *("doubled_items", "truncated"),
    }
)
EXTRA_ITEMS = frozenset({"null_item", "no_id_item", "wrong_type_item", "int_beyond_64"})
CHANGED_ITEMS = frozenset({"huge_caption", "nul", "lone_surrogate", "unknown_keys", "deep_unknown", "sql_key"})
BODIES = frozenset({"html_200", "invalid_json", "nan", "huge_int", "deep_nesting", "empty_body"})
WIRES = frozenset({"reset_in_body", "short_body", "long_body", "half_gzip", "slow_headers", "slow_drip", "gzip_bomb"})
KINDS = BEFORE | ENVELOPES | PAGINGS | EXTRA_ITEMS | CHANGED_ITEMS | BODIES | WIRES
PROVIDERS = ("crawlora", "tikliveapi", "unifapi", "scraper")
RETRY_AFTER = ("seconds", "date", "past", "absurd", None)


@dataclass(frozen=True, slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        provider: The provider whose requests it can hit.
        kind: The effect; the module's table lists all kinds.
        match: A regular expression searched in path and query as sent, below the provider's prefix; None
            matches every request.
        nth: The first matching request that is hit, counted from 1, or a list of them.
        times: How many matching requests in a row are hit from `nth` on; None is all that follow. Unused
            with several `nth`.
        retry_after: The form of the header Retry-After of a 429: `seconds`, `date`, `past`, `absurd` or None.
        seconds: The time in Retry-After, or the time that slow headers or a slow drip take.
        location: The target of a redirect.
        code: The code in a failing envelope; of a captcha a number or a string.
        item: The item of the page that is changed, counted from 0.
        megabytes: Size of a huge caption; a gzip bomb unpacks to 20 times that.
        credits: The charge of the answer, if it differs from the kind's usual one.
    """

    provider: str
    kind: str
    match: str | None = None
    nth: int | Collection[int] = 1
    times: int | None = 1
    retry_after: str | None = "seconds"
    seconds: float = 2.0
    location: str = "https://elsewhere.example/collect"
    code: int | str | None = None
    item: int = 0
    megabytes: float = 10.0
    credits: int | None = None

    def __post_init__(self) -> None:
        if self.provider not in PROVIDERS:
            raise ValueError(f"no provider {self.provider!r}; choose one of {', '.join(PROVIDERS)}")
        if self.kind not in KINDS and not STATUS.fullmatch(self.kind):
            raise ValueError(f"no fault {self.kind!r}; choose a status or one of {', '.join(sorted(KINDS))}")
        if self.retry_after not in RETRY_AFTER:
            raise ValueError(f"retry_after is seconds, date, past, absurd or None, not {self.retry_after!r}")
        if self.match is not None:
            re.compile(self.match)

    @property
    def status(self) -> int | None:
        """The status of the fault's answer, if that is its only effect."""
        found = STATUS.fullmatch(self.kind)
        return int(found[1]) if found else None

    def hits(self, count: int) -> bool:
        """Whether the matching request with this number, counted from 1, is hit."""
        if not isinstance(self.nth, int):
            return count in self.nth
        return count >= self.nth and (self.times is None or count < self.nth + self.times)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    seen: int = 0


@dataclass(slots=True)
class FaultScript:
    """All faults of a sandbox, with the number of matching requests that each has seen."""

    _armed: list[_Armed] = field(default_factory=list)

    def add(self, fault: Fault) -> None:
        """Arm a fault; its count starts now."""
        self._armed.append(_Armed(fault))

    def clear(self) -> None:
        """Disarm everything."""
        self._armed.clear()

    def next_for(self, provider: str, path: str) -> Fault | None:
        """The fault that hits this request; all that match count it; the first one that hits wins."""
        hit = None
        for armed in self._armed:
            fault = armed.fault
            if fault.provider != provider or not re.search(fault.match or "", path):
                continue
            armed.seen += 1
            if hit is None and fault.hits(armed.seen):
                hit = fault
        return hit
