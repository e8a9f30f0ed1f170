"""Notifications of runs: to a real command, and to a real server on loopback."""

from __future__ import annotations

import json
import os
import select
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest

from tiktok_hashtags.errors import BudgetError, ConfigError
from tiktok_hashtags.jobs.notify import Notify, failure, read_notify, run_report
from tiktok_hashtags.project import Project

PARTIAL = {"run_id": "r", "exit_code": 4, "messages": ["unifapi: reset 🎄"]}
KEEP = "import sys, pathlib; pathlib.Path('notification.json').write_bytes(sys.stdin.buffer.read())"


@dataclass
class Hook:
    """A webhook that keeps its requests."""

    url: str = ""
    status: int = 200
    bodies: list[bytes] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    patience: threading.Event = field(default_factory=threading.Event)
    is_slow: bool = False


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            hook.paths.append(self.path)
            hook.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            if hook.is_slow:
                hook.patience.wait(30)
            self.send_response(hook.status)
            self.send_header("location", "/elsewhere")
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Stay quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.url = f"http://127.0.0.1:{server.server_port}/secret-path"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield hook
        hook.patience.set()
        server.shutdown()
        thread.join()


def has_ended(pid: int) -> bool:
    """Whether a process ends within a while."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    ended, _, _ = select.select([handle], [], [], 30)
    os.close(handle)
    return bool(ended)


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


def test_the_webhook_and_the_command_get_the_run(hook: Hook) -> None:
    problems = Notify(python(KEEP), hook.url).send(PARTIAL)

    assert problems == []
    assert [json.loads(body) for body in (*hook.bodies, Path("notification.json").read_bytes())] == [PARTIAL, PARTIAL]
    assert hook.paths == ["/secret-path"]


@pytest.mark.parametrize(("on", "count"), [("problem", 0), ("always", 1)])
def test_on_decides_whether_a_complete_run_is_notified(
    hook: Hook, on: Literal["problem", "always"], count: int
) -> None:
    Notify(webhook=hook.url, on=on).send({"exit_code": 0})

    assert len(hook.bodies) == count


SECRET_VARIABLES = [
    *("SOURCES__UNIFAPI__API_KEY", "NOTIFY__WEBHOOK", "DESTINATION__POSTGRES__CREDENTIALS", "PGPASSWORD"),
    *("DBT_ENV_SECRET_TIKTAGS_POSTGRES_PASSWORD", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY", "GITHUB_TOKEN"),
]


def test_the_command_gets_a_short_list_of_variables_and_those_that_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRET_VARIABLES, "MAILTO", "ANYTHING", "LC_TIME"):
        monkeypatch.setenv(name, "a value")
    script = "import os, json; json.dump(sorted(os.environ), open('env.json', 'w'))"

    Notify(python(script), variables=("MAILTO",)).send(PARTIAL)

    names = json.loads(Path("env.json").read_text("utf-8"))
    assert {"PATH", "HOME", "MAILTO", "LC_TIME"} <= set(names)
    assert set(names).isdisjoint({*SECRET_VARIABLES, "ANYTHING"})


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (python("import sys; print('no such list', file=sys.stderr); sys.exit(3)"), "exited with 3: no such list"),
        (python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"), "exited with -9"),
        (("./nothing-here",), "./nothing-here could not be started: No such file or directory"),
    ],
)
def test_a_command_that_fails_is_a_message(command: tuple[str, ...], said: str) -> None:
    [problem] = Notify(command).send(PARTIAL)

    assert problem.startswith("notify: ")
    assert said in problem


def test_a_command_that_hangs_is_ended_with_its_children() -> None:
    command = ("sh", "-c", "sleep 600 & echo $! > pid; wait")

    [problem] = Notify(command, timeout_seconds=3).send(PARTIAL)

    assert "took over 3 s and was killed" in problem
    assert has_ended(int(Path("pid").read_text("utf-8")))


def test_a_command_that_reads_nothing_is_no_problem() -> None:
    assert Notify(python("pass")).send({**PARTIAL, "messages": ["x" * 1_000_000]}) == []


def test_what_a_command_prints_stays_out_of_stdout(capfd: pytest.CaptureFixture[str]) -> None:
    Notify(python("print('hello')")).send(PARTIAL)

    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_refuses_is_a_message_without_its_url(hook: Hook, status: int) -> None:
    hook.status = status

    assert Notify(webhook=hook.url).send(PARTIAL) == [f"notify: 127.0.0.1 answered with HTTP {status}"]
    assert hook.paths == ["/secret-path"]


def test_a_webhook_that_gives_no_answer_is_left_alone(hook: Hook) -> None:
    hook.is_slow = True

    [problem] = Notify(webhook=hook.url, timeout_seconds=0.3).send(PARTIAL)

    assert problem.startswith("notify: 127.0.0.1 ")
    assert "secret-path" not in problem


def test_a_webhook_that_is_not_there_is_a_message(hook: Hook) -> None:
    [problem] = Notify(webhook="http://127.0.0.1:1/secret").send(PARTIAL)

    assert problem == "notify: 127.0.0.1 could not be reached (ConnectError)"


def test_the_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY__COMMAND", '["mail", "me"]')
    monkeypatch.setenv("NOTIFY__WEBHOOK", "https://hooks.example/t0ken")
    monkeypatch.setenv("NOTIFY__ON", "always")
    monkeypatch.setenv("NOTIFY__TIMEOUT_SECONDS", "2.5")

    found = read_notify()

    assert found == Notify(("mail", "me"), "https://hooks.example/t0ken", "always", 2.5)
    assert "t0ken" not in repr(found)


def test_nobody_is_notified_by_default(hook: Hook) -> None:
    assert read_notify() == Notify()
    assert read_notify().send(PARTIAL) == []


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("WEBHOOK", "http://hooks.example/t0ken", "expected https://..., or http:// on loopback only"),
        ("WEBHOOK", "hooks.example/t0ken", "expected https://"),
        ("WEBHOOK", "http://127.0.0.1:x@hooks.example/t0ken", "expected https://"),
        ("WEBHOOK", "ftp://127.0.0.1/t0ken", "expected https://"),
        ("COMMAND", "mail me", "expected a list of words"),
        ("COMMAND", '{"a": 1}', "expected a list of words"),
        ("COMMAND", "[1]", "expected a list of words"),
        ("ON", "never", 'expected "problem" or "always"'),
        ("TIMEOUT_SECONDS", "0", "expected a number of seconds above 0, at most 600"),
        ("TIMEOUT_SECONDS", "soon", "expected a number of seconds above 0, at most 600"),
        ("TIMEOUT_SECONDS", "nan", "expected a number of seconds above 0, at most 600"),
    ],
)
def test_a_wrong_setting_is_a_configuration_error_that_keeps_the_secret(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"NOTIFY__{name}", value)

    with pytest.raises(ConfigError, match=said) as error:
        read_notify()

    assert "t0ken" not in str(error.value)


def test_a_report_begins_with_a_line_for_people(tmp_path: Path) -> None:
    report = run_report(Project(tmp_path / "tags"), PARTIAL)

    assert report["text"] == "tiktags run of tags: exit code 4, partial; unifapi: reset 🎄"
    assert (report["run_id"], report["project"]) == ("r", "tags")


@pytest.mark.parametrize(
    ("error", "notification"),
    [
        (BudgetError("over the limit"), {"exit_code": 5, "error": "over the limit"}),
        (ValueError("x"), {"exit_code": 1, "error": "internal error: ValueError: x (-v shows the traceback)"}),
    ],
)
def test_a_run_that_raised_is_notified_too(error: Exception, notification: dict[str, Any], tmp_path: Path) -> None:
    assert failure(error) == notification
    assert notification["error"] in run_report(Project(tmp_path), notification)["text"]
