"""Who is told when a run is not complete: a command, a webhook, or both.

Configured under `[notify]` in `.dlt/config.toml` or `.dlt/secrets.toml` (a webhook's URL is a secret), not in the
watchlist: a run that fails because of its watchlist must be told too. Both get the run's JSON, the one on stdin, the
other as the body of a POST. A notification that fails is a message; it changes no exit code.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

import dlt
import httpx

from tiktok_hashtags.errors import ConfigError, TiktagsError
from tiktok_hashtags.fetch import LOOPBACK
from tiktok_hashtags.project import Project

_KEYS = ("command", "webhook", "on", "timeout_seconds")
_WHEN = ("problem", "always")
# A run that was told to stop has to end within 10 s.
_INTERRUPTED_SECONDS = 2.0
# What the command has no business with: keys and passwords.
_PRIVATE = ("SOURCES__", "DESTINATION__", "NOTIFY__")
_MEANINGS = {
    0: "complete",
    1: "internal error",
    2: "usage or configuration",
    3: "data tests failed",
    4: "partial",
    5: "stopped by budget or balance",
    6: "authentication",
    7: "another run is under way",
    130: "interrupted",
    143: "terminated",
}


@dataclass(frozen=True, slots=True)
class Notify:
    """Whom to tell, and when.

    Args:
        command: A program and its arguments; no shell takes part.
        webhook: An https URL, or http on loopback.
        is_always: Whether a complete run is told too.
        timeout_seconds: How long each of them may take.
    """

    command: Sequence[str] = ()
    webhook: str | None = None
    is_always: bool = False
    timeout_seconds: float = 10.0

    def __repr__(self) -> str:
        """Leave the URL, which is a secret, out of every message and log."""
        return f"Notify(command={self.command!r}, webhook={self.webhook is not None})"

    def send(self, report: Mapping[str, Any]) -> list[str]:
        """Tell of a run if it is to be told; return what went wrong, for a person."""
        exit_code = int(report["exit_code"])
        if not exit_code and not self.is_always:
            return []
        seconds = self.timeout_seconds if exit_code < 128 else min(self.timeout_seconds, _INTERRUPTED_SECONDS)
        body = json.dumps(report, ensure_ascii=False, allow_nan=False).encode(errors="replace")
        problems = [_run(self.command, body, seconds)] if self.command else []
        problems += [_post(self.webhook, body, seconds)] if self.webhook else []
        return [f"notify: {problem}" for problem in problems if problem]


def read_notify() -> Notify:
    """Read `[notify]`.

    Raises:
        ConfigError: An unknown key, a wrong type, or a URL that would travel in the clear.
    """
    unknown = sorted({key for key in _configured_keys() if key not in _KEYS})
    if unknown:
        raise ConfigError(f"[notify]: unknown key `{unknown[0]}`; expected one of {', '.join(_KEYS)}")
    when = _found("on") or _WHEN[0]
    if when not in _WHEN:
        raise ConfigError(f'[notify] on: expected "problem" or "always", found {when!r}')
    seconds = _found("timeout_seconds")
    return Notify(
        command=_command(_found("command")),
        webhook=_webhook(_found("webhook")),
        is_always=when == "always",
        timeout_seconds=Notify().timeout_seconds if seconds is None else _seconds(seconds),
    )


def run_report(project: Project, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of a run: its JSON, with a line for people and the name of the project's folder."""
    name, code = project.root.resolve().name, int(outcome["exit_code"])
    messages = [outcome["error"]] if "error" in outcome else outcome.get("messages", [])
    said = "; ".join([_MEANINGS.get(code, "unknown"), *messages[:3]])
    return {"text": f"tiktags run of {name}: exit code {code}, {said}"[:1000], "project": name, **outcome}


def failure(error: Exception) -> dict[str, Any]:
    """Return what a run that ended with an error has to say."""
    if isinstance(error, TiktagsError):
        return {"exit_code": error.exit_code, "error": str(error)}
    return {"exit_code": TiktagsError.exit_code, "error": f"internal error: {type(error).__name__}: {error}"}


def _configured_keys() -> Iterator[str]:
    for provider in dlt.config.config_providers:
        section, _ = provider.get_value("notify", Any, None)
        yield from section if isinstance(section, Mapping) else ()


def _found(name: str) -> object:
    value: object = dlt.secrets.get(f"notify.{name}")
    return dlt.config.get(f"notify.{name}") if value is None else value


def _command(found: object) -> list[str]:
    """Return a command given as a list, or, in the environment, as JSON."""
    value = found
    if isinstance(found, str):
        try:
            value = json.loads(found) if found else []
        except ValueError:
            value = None
    if value is None and found is None:
        return []
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(word, str) for word in value):
        raise ConfigError('[notify] command: expected a list of words like ["mail", "-s", "hashtags", "me"]')
    return list(value)


def _webhook(found: object) -> str | None:
    if found is None or found == "":
        return None
    try:
        url = httpx.URL(str(found))
    except httpx.InvalidURL:
        url = httpx.URL()
    if not url.host or not (url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK)):
        raise ConfigError("[notify] webhook: expected https://..., or http:// on loopback only. Nothing was sent.")
    return str(found)


def _seconds(found: object) -> float:
    try:
        seconds = float(str(found))
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 600:
        raise ConfigError(f"[notify] timeout_seconds: expected a number up to 600, found {found!r}")
    return seconds


def _run(command: Sequence[str], body: bytes, seconds: float) -> str | None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_PRIVATE)}
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own command, without a shell
                command, env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said, start_new_session=True
            )
        except OSError as error:
            return f"{command[0]} could not be started: {error.strerror}"
        try:
            process.communicate(body, timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return f"{command[0]} took over {seconds:g} s and was ended"
        return f"{command[0]} ended with {process.returncode}{_last_line(said)}" if process.returncode else None


def _last_line(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last[:200]}" if last else ""


def _post(webhook: str, body: bytes, seconds: float) -> str | None:
    """Post on a thread of its own: the library's timeouts are per read, and an answer may come a byte at a time."""
    host = httpx.URL(webhook).host
    answers: list[str | None] = []

    def post() -> None:
        try:
            with (
                httpx.Client(trust_env=host not in LOOPBACK, timeout=seconds) as client,
                client.stream("POST", webhook, content=body, headers={"content-type": "application/json"}) as answer,
            ):
                answers.append(None if answer.is_success else f"{host} answered {answer.status_code}")
        except (httpx.HTTPError, OSError) as error:
            answers.append(f"{host} could not be told ({type(error).__name__})")

    thread = threading.Thread(target=post, name="notify", daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else f"{host} gave no answer within {seconds:g} s"
