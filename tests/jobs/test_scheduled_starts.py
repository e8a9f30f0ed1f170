"""The scripts of docs/scheduling.md, run with each exit code, do what its table says about the code."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Self

import pytest
import yaml
from tests.documents import FOLDER, NOTING, SCHEDULING, only


def codes(advice: str) -> list[int]:
    """The exit codes whose line in the table begins its advice so."""
    rows = re.findall(r"^\| ([\d, ]+) \|.*\| ([^|]+) \|$", SCHEDULING.read_text("utf-8"), re.MULTILINE)
    return [int(code) for listed, said in rows if said.startswith(advice) for code in listed.split(",")]


NOTHING = codes("nothing")
AGAIN = codes("start it again")
TELL = codes("tell a person")
each_code = pytest.mark.parametrize("code", [*NOTHING, *AGAIN, *TELL])


@dataclass(frozen=True)
class Machine:
    """A machine with the documents' project folder, where programs only note that they were started."""

    folder: Path

    @property
    def notes(self) -> list[str]:
        """What was started, with its arguments."""
        notes = self.folder / "notes"
        return notes.read_text().splitlines() if notes.exists() else []

    def sees(self, text: str) -> str:
        """A document's text with this machine's folder in it."""
        return text.replace(FOLDER, str(self.folder / "hashtags"))

    def bash(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script as GitHub's runners do, in the folder that a checkout would be."""
        return self._run(["bash", "-e", "-c", script], **variables)

    def sh(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script as cron does."""
        return self._run(["sh", "-c", script], **variables)

    def _run(self, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env={"PATH": f"{self.folder / 'bin'}:/usr/bin:/bin", "NOTES": str(self.folder / "notes"), **variables},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    for program in ("bin/tiktags", "bin/gh", "hashtags/.venv/bin/tiktags"):
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(NOTING)
        path.chmod(0o755)
    logger = tmp_path / "bin" / "logger"
    logger.write_text(NOTING.replace("${CODE:-0}", "0"))
    logger.chmod(0o755)
    return Machine(tmp_path)


def test_the_table_has_one_of_three_pieces_of_advice_for_every_code() -> None:
    assert (NOTHING, AGAIN, TELL) == ([0, 7], [1, 4, 130, 143], [2, 3, 5, 6])


def test_the_crontab_starts_two_runs_a_day_and_a_prune_a_week(machine: Machine) -> None:
    lines = [line for line in only(SCHEDULING, "cron").text.splitlines() if not line.startswith("#")]

    for line in lines:
        assert machine.sh(machine.sees(line.split(maxsplit=5)[5])).returncode == 0

    assert machine.notes == ["tiktags run --json", "tiktags run --json", "tiktags prune --yes"]
    assert (machine.folder / "hashtags" / "run.log").exists()


@each_code
def test_the_wrapper_for_cron_logs_what_is_tried_again_and_raises_what_a_person_must_see(
    machine: Machine, code: int
) -> None:
    machine.sh(machine.sees(only(SCHEDULING, "sh").text), CODE=str(code))

    started, *logged = machine.notes
    assert started == "tiktags run --json"
    assert len(logged) == (code not in NOTHING)
    assert all(f"exit code {code}:" in line and ("user.err" in line) == (code in TELL) for line in logged)


@pytest.fixture
def units(machine: Machine) -> list[Path]:
    """The unit files under the names that the document gives them, with a user that this machine has."""
    named = re.findall(
        r"^`/etc/systemd/system/(\S+)`:\n\n```ini\n(.*?)^```", SCHEDULING.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for name, text in named:
        (machine.folder / name).write_text(machine.sees(text).replace("User=hashtags", "User=root"))
    (machine.folder / "tiktags-failed.service").write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    return [machine.folder / name for name, _ in named]


def read_unit(path: Path) -> configparser.RawConfigParser:
    unit = configparser.RawConfigParser(strict=False, comment_prefixes=("#",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way to keep cases
    unit.read_string(path.read_text())
    return unit


def test_the_service_starts_a_run_and_again_only_where_that_helps(machine: Machine, units: list[Path]) -> None:
    [service] = [read_unit(path)["Service"] for path in units if path.suffix == ".service"]

    done = machine.sh(f"cd {service['WorkingDirectory']} && {service['ExecStart']}")

    assert (done.returncode, machine.notes) == (0, ["tiktags run"])
    assert service["Restart"] == "on-failure"
    assert [0, *map(int, service["SuccessExitStatus"].split())] == NOTHING
    assert [int(code) for code in service["RestartPreventExitStatus"].split()] == TELL


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd on this machine")
def test_systemd_itself_accepts_the_units(machine: Machine, units: list[Path]) -> None:
    broken = machine.folder / "tiktags-broken.service"
    broken.write_text(units[0].read_text().replace("Restart=", "Restrat="))

    said = verified([*units, broken], machine.folder)

    assert [line for line in said.splitlines() if "tiktags" in line and "tiktags-broken" not in line] == [], said
    assert "Restrat" in said


def verified(units: list[Path], folder: Path) -> str:
    """What systemd complains of."""
    command = ["systemd-analyze", "verify", "--man=no", *map(str, units)]
    variables = {"SYSTEMD_UNIT_PATH": f"{folder}:"}
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False).stderr


@pytest.fixture
def steps() -> dict[str, dict[str, Any]]:
    """The workflow's steps that run a script, by their names."""
    workflow = yaml.safe_load(only(SCHEDULING, "yaml").text)
    return {step.get("name", step["run"]): step for step in workflow["jobs"]["run"]["steps"] if "run" in step}


@each_code
def test_a_workflow_s_run_fails_where_somebody_has_to_look(
    machine: Machine, steps: dict[str, dict[str, Any]], code: int
) -> None:
    done = machine.bash(steps["Run"]["run"], CODE=str(code))

    is_fine = code in NOTHING or code == 4
    assert machine.notes == ["tiktags run"]
    assert done.returncode == (0 if is_fine else code)
    assert ("::error::" in done.stdout, "::warning::" in done.stdout) == (not is_fine, code == 4)


@pytest.mark.parametrize(("found", "downloads"), [("", 0), ("123", 1)])
def test_a_workflow_fetches_the_data_of_the_last_run_that_left_any(
    machine: Machine, steps: dict[str, dict[str, Any]], found: str, downloads: int
) -> None:
    gh = machine.folder / "bin" / "gh"
    gh.write_text(NOTING.replace("exit", f'[ "$1" != api ] || echo {found}\nexit'))

    done = machine.bash(steps["Fetch data/ of the last run that left one"]["run"], GITHUB_REPOSITORY="me/hashtags")

    asked, *fetched = machine.notes
    assert done.returncode == 0
    assert asked.startswith("gh api repos/me/hashtags/actions/artifacts?name=data --jq ")
    assert fetched == ["gh run download 123 --name data --dir data"] * downloads


class SkippedError(Exception):
    """Stands for Airflow's exception."""


class FailedError(Exception):
    """Stands for Airflow's exception."""


class Scheduled:
    """Stands for Airflow's DAG and operator: keeps what it was given."""

    def __init__(self, *_: str, **given: Any) -> None:
        self.given = given

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


# The names that the snippet imports.
AIRFLOW: dict[str, dict[str, type]] = {
    "airflow": {},
    "airflow.exceptions": {"AirflowFailException": FailedError, "AirflowSkipException": SkippedError},
    "airflow.sdk": {"DAG": Scheduled},
    "airflow.providers": {},
    "airflow.providers.standard": {},
    "airflow.providers.standard.operators": {},
    "airflow.providers.standard.operators.python": {"PythonOperator": Scheduled},
}


@pytest.mark.parametrize("code", [*NOTHING, *AGAIN, *TELL, -9])
def test_an_airflow_task_is_tried_again_skipped_or_failed(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    for name, members in AIRFLOW.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setenv("NOTES", str(machine.folder / "notes"))
    monkeypatch.setenv("CODE", str(code))
    if code < 0:
        killed = machine.folder / "hashtags" / ".venv" / "bin" / "tiktags"
        killed.write_text(NOTING.replace('exit "${CODE:-0}"', "kill -9 $$"))
    dag: dict[str, Any] = {}

    exec(compile(machine.sees(only(SCHEDULING, "python").text), "dag.py", "exec"), dag)  # noqa: S102  # our document
    ended: type[Exception] | None = None
    try:
        dag["run_hashtags"]()
    except Exception as error:  # noqa: BLE001  # which one it is is what the test is about
        ended = type(error)

    again, skipped = code in AGAIN or code < 0, code == 7
    assert ended is (SkippedError if skipped else RuntimeError if again else FailedError if code else None)
    assert machine.notes == [f"tiktags -C {machine.folder / 'hashtags'} run"]
