"""Every error of the package, grouped by the remedy.

TiktagsError                    exit 1
├── ConfigError                 exit 2   fix the watchlist, a key or a setting
│   ├── NothingPublishedError            nothing is published yet: `tiktags run` or `tiktags publish` does it
│   └── QueryError                       the warehouse or its publication cannot be read as asked
├── NoConnectionError           exit 1   the warehouse's server cannot be reached: it may come back by itself
├── BusyError                   exit 1   another program holds a file of the project: wait for it, or close it
├── NoRoomError                 exit 1   the disk has too little room; nothing was sent
├── LockedError                 exit 7   wait for the other run
├── StoppedError                exit 130 or 143: SIGINT or SIGTERM ended it; the next run completes it
├── LoadError                   exit 1   raw was not loaded; the next run continues with the pending packages
│   └── PackageError            exit 4   a load package was quarantined; its rows are replayed from the journal
├── TransformError              exit 1   dbt itself failed
│   └── DataTestError           exit 3   the data failed its tests; raw is kept
├── ReportError                 exit 1   the report was not written; marts and publication are not touched
└── RequestError                exit 4   one request failed; its walk is incomplete
    ├── NetworkError                     timeout, reset, broken body: retried, then the walk ends
    │   └── UnreachableError             no connection: retried, and not charged
    │       └── ProxyAwayError  exit 1   no connection through the proxy: it may come back by itself
    ├── ProxyError              exit 2   the proxy refuses, or is none: mend the setting; stops the provider
    ├── CertificateError        exit 2   a server's certificate is not trusted; stops the provider
    ├── StatusError                      an HTTP status that is not success
    │   └── ServerError                  5xx: retried, then the walk ends
    ├── BodyError                        200, but not the JSON that the document promises
    ├── EnvelopeError                    200 with a failing envelope
    │   ├── CaptchaError                 a captcha came instead of data
    │   └── PageClampedError             a page other than the requested one came
    ├── NotFoundError                    the hashtag does not exist: a notice, not a failure
    ├── MissingIdError                   the endpoint needs an id that is unknown
    ├── NotJournaledError       exit 0   a replay sends nothing, and the page is not in the journal
    ├── RateLimitedError                 one answer with 429: the client waits and tries again
    ├── AuthError               exit 6   the key was refused: stops the provider
    │   └── MissingKeyError              there is no key: nothing was sent
    ├── BalanceError            exit 5   top up: stops the provider
    ├── QuotaError              exit 5   the plan's day or month is used up: stops the provider
    ├── BudgetError             exit 5   not sent: it could exceed one of your limits; stops the provider
    ├── InterruptedRunError              the run was asked to stop
    └── InterruptedWalkError             an earlier date's run ended before this walk did
"""

from __future__ import annotations

import errno

from tiktok_hashtags.redaction import redacted

EXIT_ORDER = (1, 7, 2, 6, 5, 4, 3, 0)


class TiktagsError(Exception):
    """Base of all errors that this package raises on purpose; no message contains a key."""

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(redacted(message))


class ConfigError(TiktagsError):
    """The watchlist, a key or a setting is wrong; nothing was sent."""

    exit_code = 2


class NothingPublishedError(ConfigError):
    """There is no publication to read yet."""


class NoConnectionError(TiktagsError):
    """The warehouse's server cannot be reached."""


class BusyError(TiktagsError):
    """Another program holds the warehouse or the journal."""


class NoRoomError(TiktagsError):
    """The disk has too little room for what a run is going to write; nothing was sent."""


class QueryError(ConfigError):
    """A query is wrong or would write, or its data cannot be read."""


class LockedError(TiktagsError):
    """Another run holds the project's lock; nothing was sent."""

    exit_code = 7


class StoppedError(TiktagsError):
    """A signal ended the work; the next run completes it.

    Args:
        message: The work that was interrupted.
        exit_code: 128 plus the signal's number, as in a shell.
    """

    def __init__(self, message: str, *, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class LoadError(TiktagsError):
    """dlt could not write to the warehouse; fetched rows stay pending."""


class PackageError(LoadError):
    """A package can never be loaded and was quarantined; all others are loaded."""

    exit_code = 4


class TransformError(TiktagsError):
    """dbt stopped before it could build the models."""


class DataTestError(TransformError):
    """The models were built, but a data test failed."""

    exit_code = 3


class ReportError(TiktagsError):
    """The report could not be written; its data are published."""


class RequestError(TiktagsError):
    """A request did not return the requested page.

    Args:
        message: The failure, with provider, endpoint and hashtag; never a key.
        credits: The charge despite the failure, in the provider's credits; None if only the worst case is known.
        retry_after_seconds: How long the provider asked to wait, if it did.

    `status` is the HTTP status of the answer, if there was one.
    """

    exit_code = 4
    reason = "error"
    outcome = "error"
    stops_provider = False
    usual_credits: int | None = 0
    status: int | None = None

    def __init__(self, message: str, *, credits: int | None = None, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.credits = self.usual_credits if credits is None else credits
        self.retry_after_seconds = retry_after_seconds


class NetworkError(RequestError):
    """The connection failed, or the body was late, too large, or incomplete."""

    reason = "network"
    outcome = "unknown"
    usual_credits: int | None = None


class UnreachableError(NetworkError):
    """There was no connection, so nothing was charged."""

    outcome = "error"
    usual_credits = 0


class ProxyAwayError(UnreachableError):
    """The proxy cannot be reached, or cannot reach the provider."""

    exit_code = 1
    reason = "proxy"
    stops_provider = True


class ProxyError(RequestError):
    """The proxy refuses to connect to the provider, or its answer is not that of a proxy."""

    exit_code = 2
    reason = "proxy"
    stops_provider = True


class CertificateError(RequestError):
    """No trusted authority vouches for the certificate of the server; the key was not sent."""

    exit_code = 2
    reason = "certificate"
    stops_provider = True


class StatusError(RequestError):
    """The answer has an HTTP status that is not success."""

    reason = "http_error"


class ServerError(StatusError):
    """The provider's server failed (5xx)."""

    reason = "server_error"


class BodyError(RequestError):
    """The body is not the JSON that the document promises."""

    reason = "bad_body"
    outcome = "envelope"
    usual_credits = None


class EnvelopeError(RequestError):
    """HTTP 200 with a failure inside."""

    reason = "bad_envelope"
    outcome = "envelope"


class CaptchaError(EnvelopeError):
    """HTTP 200 with a captcha instead of data."""

    reason = "captcha"


class PageClampedError(EnvelopeError):
    """The service returned a different page from the requested one."""

    reason = "page_clamped"


class NotFoundError(RequestError):
    """The provider does not know the hashtag."""

    reason = "not_found"
    outcome = "not_found"


class MissingIdError(RequestError):
    """The endpoint needs a hashtag's id, and neither the watchlist nor any details have one."""

    reason = "no_hashtag_id"


class NotJournaledError(RequestError):
    """A replay sends nothing, and the journal does not have this page."""

    exit_code = 0
    reason = "not_in_journal"


class AuthError(RequestError):
    """The key is missing or was refused."""

    exit_code = 6
    reason = "auth"
    outcome = "auth"
    stops_provider = True


class MissingKeyError(AuthError):
    """The watchlist needs this provider, and there is no key for it."""

    reason = "no_key"


class BalanceError(RequestError):
    """The account has no credits left."""

    exit_code = 5
    reason = "balance"
    outcome = "balance"
    stops_provider = True


class RateLimitedError(RequestError):
    """One answer with 429; the client waits and tries again."""

    reason = "rate_limited"
    outcome = "rate_limited"


class QuotaError(RequestError):
    """The plan's day or month is used up."""

    exit_code = 5
    reason = "quota"
    outcome = "rate_limited"
    stops_provider = True


class BudgetError(RequestError):
    """The request was not sent, because it could exceed a limit of the watchlist."""

    exit_code = 5
    reason = "budget"
    stops_provider = True


class InterruptedRunError(RequestError):
    """The run was asked to stop before this request."""

    reason = "interrupted"
    stops_provider = True


class InterruptedWalkError(RequestError):
    """The run of an earlier date ended before it requested this page, which can no longer be bought."""

    reason = "interrupted"


def message_of(error: BaseException) -> str:
    """Return an error's message for a person, also that of an error that no code expects."""
    if isinstance(error, TiktagsError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full. What was fetched is kept. Make room and run again."
    return f"internal error: {type(error).__name__}: {error} (-v shows the traceback)"


def exit_code_of(error: BaseException) -> int:
    """Return the exit code that an error asks for."""
    return error.exit_code if isinstance(error, TiktagsError) else TiktagsError.exit_code


def worst_exit_code(codes: list[int]) -> int:
    """Return the most urgent of several exit codes; a signal's comes before all others."""
    signals = [code for code in codes if code > 128]
    return signals[0] if signals else min(codes, key=EXIT_ORDER.index, default=0)
