"""Notifications of runs that are not complete: to a command, a webhook, or both.

`[notify]` is in `.dlt/config.toml` or `.dlt/secrets.toml` (a webhook's URL is a secret) and not in the watchlist, so
that a run with a wrong watchlist sends its notification too. A command gets the run's JSON on stdin, a webhook as the
body of a POST. A failed notification is reported as a message and does not change the exit code.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Annotated, Any, Literal

import httpx
import msgspec

from tiktok_hashtags.config import HIDDEN, section, wrong_value
from tiktok_hashtags.errors import ConfigError, exit_code_of, message_of
from tiktok_hashtags.fetch import LOOPBACK, Route, read_route
from tiktok_hashtags.project import Project
from tiktok_hashtags.redaction import printable

# A run that SIGINT or SIGTERM stops has to end within 10 s.
_INTERRUPTED_SECONDS = 2.0
# The variables that the command gets: any other may hold a key or a password.
_PASSED_ON = {
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "HOSTNAME"),
    *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS", "SSL_CERT_FILE", "SSL_CERT_DIR"),
}
_URL = "https://..., or http:// on loopback only"
_Command = Annotated[
    tuple[str, ...], msgspec.Meta(description='a list of words like ["mail", "-s", "hashtags", "me@example.com"]')
]
_Names = Annotated[tuple[str, ...], msgspec.Meta(description='a list of names like ["MAILTO"]')]
_Webhook = Annotated[str, msgspec.Meta(description=_URL, extra=HIDDEN)]
_When = Annotated[Literal["problem", "always"], msgspec.Meta(description='"problem" or "always"')]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=600, description="a number of seconds above 0, at most 600")]
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


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is notified of a run, and when.

    Args:
        command: A program and its arguments; they are not passed to a shell.
        webhook: An https URL, or http on loopback.
        on: The runs that send a notification: those with an exit code other than 0, or all.
        timeout_seconds: The time limit for each of command and webhook.
        variables: Environment variables that the command gets beside the usual ones; the names, not the values.
    """

    command: _Command = ()
    webhook: _Webhook | None = None
    on: _When = "problem"
    timeout_seconds: _Seconds = 10.0
    variables: _Names = ()

    def __repr__(self) -> str:
        """Keep the URL, which is a secret, out of every message and log."""
        return f"Notify(command={self.command!r}, webhook={self.webhook is not None})"

    def send(self, report: Mapping[str, Any]) -> list[str]:
        """Notify of a run if that is wanted; return the failures as messages."""
        exit_code = int(report["exit_code"])
        if not exit_code and self.on == "problem":
            return []
        seconds = self.timeout_seconds if exit_code < 128 else min(self.timeout_seconds, _INTERRUPTED_SECONDS)
        body = json.dumps(report, ensure_ascii=False, allow_nan=False).encode(errors="replace")
        problems = [_run(self.command, body, seconds, self.variables)] if self.command else []
        problems += [_post(self.webhook, body, seconds)] if self.webhook else []
        return [f"notify: {problem}" for problem in problems if problem]


def read_notify() -> Notify:
    """Read `[notify]`.

    Raises:
        ConfigError: An unknown key, a wrong type, or a URL that would travel in the clear.
    """
    notify = section("notify", Notify)
    if notify.webhook and not _is_private(notify.webhook):
        raise wrong_value("notify", "webhook", _URL, notify.webhook, is_hidden=True)
    return notify


def run_report(project: Project, outcome: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's notification: its JSON, with a line for people and the name of the project's folder."""
    name, code = project.root.resolve().name, int(outcome["exit_code"])
    messages = [outcome["error"]] if "error" in outcome else outcome.get("messages", [])
    summary = "; ".join([_MEANINGS.get(code, "unknown"), *messages[:3]])
    text = printable(f"tiktags run of {name}: exit code {code}, {summary}")[:1000]
    return {"text": text, "project": name, **outcome}


def failure(error: Exception) -> dict[str, Any]:
    """Return the notification of a run that raised an error."""
    return {"exit_code": exit_code_of(error), "error": message_of(error)}


def _is_private(webhook: str) -> bool:
    try:
        url = httpx.URL(webhook)
    except httpx.InvalidURL:
        return False
    return bool(url.host) and (url.scheme == "https" or (url.scheme == "http" and url.host in LOOPBACK))


def _run(command: Sequence[str], body: bytes, seconds: float, variables: Sequence[str]) -> str | None:
    passed_on = _PASSED_ON.union(variables)
    environment = {name: value for name, value in os.environ.items() if name in passed_on or name.startswith("LC_")}
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(  # noqa: S603  # the user's own command, without a shell
                command, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            return f"{command[0]} could not be started: {error.strerror}"
        try:
            process.communicate(body, timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return f"{command[0]} took over {seconds:g} s and was killed"
        return f"{command[0]} exited with {process.returncode}{_last_line(output)}" if process.returncode else None


def _last_line(output: IO[bytes]) -> str:
    output.seek(0)
    lines = output.read().decode(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last[:200]}" if last else ""


def _post(webhook: str, body: bytes, seconds: float) -> str | None:
    """Post in a separate thread, which limits the time of the whole exchange.

    httpx's timeouts are per read, so a server that sends a byte at a time would hold the run. The webhook stays beside
    `command` because it needs no program on the machine (DECISIONS.md, "Keep the webhook beside the command").
    """
    host = httpx.URL(webhook).host
    answers: list[str | None] = []
    try:
        route = read_route(webhook)
    except ConfigError as error:
        return f"{host} got nothing: {error}"
    through = f" through the proxy {route.proxy}" if route and route.proxy else ""

    def post() -> None:
        try:
            with (
                _client(host, route, seconds) as client,
                client.stream("POST", webhook, content=body, headers={"content-type": "application/json"}) as answer,
            ):
                answers.append(None if answer.is_success else f"{host} answered with HTTP {answer.status_code}")
        except (httpx.HTTPError, OSError) as error:
            answers.append(f"{host} could not be reached{through} ({type(error).__name__})")

    thread = threading.Thread(target=post, name="notify", daemon=True)
    thread.start()
    thread.join(seconds)
    return answers[0] if answers else f"{host} gave no answer within {seconds:g} s{through}"


def _client(host: str, route: Route | None, seconds: float) -> httpx.Client:
    """Return a client that takes the route of `[sources]`; without one, httpx reads the environment's proxies."""
    if route is None:
        return httpx.Client(trust_env=host not in LOOPBACK, timeout=seconds)
    given = route.proxy and route.proxy.authorization
    headers = {"proxy-authorization": given} if given else {}
    proxy = httpx.Proxy(str(route.proxy), headers=headers) if route.proxy else None
    return httpx.Client(proxy=proxy, verify=route.ssl_context(), trust_env=False, timeout=seconds)
