"""What an operator starts: the image, docker-compose.yml, and the units of docs/deploy.md.

No container engine is needed: what can be said without one is said here.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
import yaml
from django.test import Client

from pinsched import worker
from pinsched.readiness import PARTS
from tests.conftest import ROOT
from tests.support.listening import Listening
from tests.support.production import INTERNAL, environment, procfile
from tests.support.waiting import PATIENCE

BIN: Final = Path(sys.executable).parent


def tool(*words: str) -> subprocess.CompletedProcess[str]:
    path, rest = BIN / words[0], words[1:]
    return subprocess.run(
        [path, *rest], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def documented(file: str, language: str) -> list[str]:
    """The blocks of one language in a page of docs/."""
    blocks: list[str] = re.findall(
        rf"^```{language}\n(.*?)^```$", (ROOT / "docs" / file).read_text(), re.DOTALL | re.MULTILINE
    )
    assert blocks, f"no {language} in {file}"
    return blocks


# The Dockerfile ----------------------------------------------------------------------------------------


def dockerfile() -> list[tuple[str, str]]:
    """(instruction, rest), continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(parts[0], parts[1]) for line in lines if len(parts := line.split(None, 1)) == 2]


def test_the_dockerfile_has_nothing_that_its_linter_minds() -> None:
    done = tool("hadolint", "--no-color", "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_each_source_that_the_dockerfile_copies_is_there_and_not_ignored() -> None:
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] not in "#"]
    assert patterns[0] == "*"  # nothing but what is named goes into the build
    kept = {pattern[1:] for pattern in patterns if pattern.startswith("!")}
    copied = set()
    for instruction, rest in dockerfile():
        if instruction == "COPY" and not rest.startswith("--from="):
            copied |= set(rest.split()[:-1])
    assert copied == kept
    assert not [source for source in copied if not (ROOT / source).exists()]
    assert not kept & {".env", "var", "tests", ".git"}


def test_the_image_holds_every_folder_that_runs() -> None:
    final = [rest for instruction, rest in dockerfile() if instruction == "COPY"]
    shipped = {file.name for file in ROOT.iterdir() if (file / "__init__.py").exists()} - {"tests"}
    for folder in shipped:
        assert f"{folder} {folder}" in final


def test_the_image_does_not_run_as_root() -> None:
    last = [instruction for instruction, _ in dockerfile()]
    assert last.index("USER", len(last) - 1 - last[::-1].index("FROM"))
    ((user,),) = [[rest] for instruction, rest in dockerfile() if instruction == "USER"]
    assert user.split(":")[0].isdecimal()
    assert user.split(":")[0] != "0"


def test_the_dockerfiles_python_and_node_are_ones_that_the_project_allows() -> None:
    froms = [rest for instruction, rest in dockerfile() if instruction == "FROM"]
    pythons = {found[1] for rest in froms if (found := re.match(r"python:(3\.\d+)-", rest))}
    assert pythons == {"3.11"}  # the one the suite runs on
    (node,) = [int(found[1]) for rest in froms if (found := re.match(r"node:(\d+)-", rest))]
    assert node >= 20


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_images_health_check_tells_a_living_web_from_a_dead_one(status: int, healthy: bool) -> None:
    (rest,) = [rest for instruction, rest in dockerfile() if instruction == "HEALTHCHECK"]
    command = json.loads(rest.partition("CMD ")[2])
    assert command[0] == "python"
    with Listening(status) as (address, paths):
        done = subprocess.run(
            command,
            env=environment(PORT=str(urlsplit(address).port)),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    assert (done.returncode == 0) is healthy
    assert [path for path, _ in paths] == ["/healthz"]


# docker-compose.yml ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return found


def ours(composed: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in composed["services"].items() if "build" in each}


def test_the_compose_file_keeps_to_the_compose_specification() -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout


def test_compose_runs_what_the_procfile_runs(composed: dict[str, Any]) -> None:
    assert {name: each["command"] for name, each in ours(composed).items()} == procfile()


@pytest.mark.parametrize("name", ["web", "worker", "beat", "release"])
def test_each_command_names_a_program_and_a_module_that_are_there(name: str) -> None:
    words = shlex.split(procfile()[name])
    assert (BIN / words[0]).exists()
    match words:
        case ["python", "-m", module, *_]:
            pass
        case ["python", script, *_]:
            assert (ROOT / script).is_file()
            return
        case ["gunicorn", module]:
            pass
        case ["celery", *rest]:
            module = rest[rest.index("-A") + 1]
        case _:
            raise AssertionError(words)
    assert importlib.util.find_spec(module)


def test_migrations_run_once_before_everything_else(composed: dict[str, Any]) -> None:
    for name, each in ours(composed).items():
        waits_for = {other: rule["condition"] for other, rule in each["depends_on"].items()}
        assert waits_for["postgres"] == "service_healthy"
        if name == "release":
            assert each["restart"] == "no"
        else:
            assert waits_for["release"] == "service_completed_successfully"
            assert waits_for["valkey"] == "service_healthy"
            assert each["restart"] == "unless-stopped"


def test_any_number_of_workers_may_be_started_and_each_may_finish(composed: dict[str, Any]) -> None:
    each = composed["services"]["worker"]
    assert not {"container_name", "ports", "hostname"} & set(each)
    assert seconds(each["stop_grace_period"]) >= max(45, worker.GRACE + 5)
    assert seconds(composed["services"]["web"]["stop_grace_period"]) > 20  # gunicorn's graceful_timeout


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_only_the_web_is_published_and_only_on_this_machine(composed: dict[str, Any]) -> None:
    published = {name: each["ports"] for name, each in composed["services"].items() if "ports" in each}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_what_must_stay_is_on_volumes_and_each_server_is_asked_for_its_health(
    composed: dict[str, Any],
) -> None:
    for name in ("postgres", "valkey"):
        assert composed["services"][name]["healthcheck"]["test"]
    for each in ours(composed).values():
        assert each["volumes"] == [f"media:{each['environment']['MEDIA_ROOT']}"]
    used = {volume.split(":")[0] for each in composed["services"].values() for volume in each["volumes"]}
    assert used == set(composed["volumes"])


def test_compose_and_the_image_set_only_what_is_read(composed: dict[str, Any]) -> None:
    known = set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    given = {name for each in ours(composed).values() for name in each["environment"]}
    for instruction, rest in dockerfile():
        if instruction == "ENV":
            given |= {word.split("=")[0] for word in rest.split()}
    assert given - known - INTERNAL == {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


# What docs/deploy.md says ------------------------------------------------------------------------------


def units() -> dict[str, str]:
    found = {}
    for block in documented("deploy.md", "ini"):
        first, _, rest = block.partition("\n")
        found[Path(first.removeprefix("# ")).name] = rest
    return found


def test_the_units_run_what_the_procfile_runs_and_grant_it_its_time() -> None:
    names = {
        "pinsched-web.service": "web",
        "pinsched-worker@.service": "worker",
        "pinsched-beat.service": "beat",
    }
    assert set(units()) == set(names)
    for unit, text in units().items():
        (command,) = re.findall(r"^ExecStart=/opt/pinsched/\.venv/bin/(.+)$", text, re.MULTILINE)
        assert command == procfile()[names[unit]]
    worker_unit = units()["pinsched-worker@.service"]
    assert "KillMode=mixed" in worker_unit  # the launcher ends its nodes itself
    (grace,) = re.findall(r"^TimeoutStopSec=(\d+)$", worker_unit, re.MULTILINE)
    assert int(grace) > worker.GRACE


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    files = []
    for name, text in units().items():
        # Programs and folder as they are here, so that only the unit itself is judged.
        here = text.replace("/opt/pinsched/.venv/bin", str(BIN)).replace("/opt/pinsched", str(ROOT))
        file = tmp_path / name.replace("@.", "@1.")
        file.write_text(here)
        files.append(str(file))
    done = subprocess.run(
        ["systemd-analyze", "verify", *files],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )
    about_ours = [line for line in done.stderr.splitlines() if "pinsched" in line]
    assert (about_ours, done.returncode) == ([], 0), done.stderr


@pytest.mark.django_db
def test_every_number_that_the_page_speaks_of_is_on_metrics(client: Client) -> None:
    page = (ROOT / "docs/deploy.md").read_text()
    named = set(re.findall(r"\bpinsched_[a-z_]+", page))
    told = set(re.findall(r"^# TYPE (\S+)", client.get("/metrics").content.decode(), re.MULTILINE))
    assert named == told
    for block in documented("deploy.md", "yaml"):
        assert yaml.safe_load(block)


def test_every_part_that_can_be_red_is_explained() -> None:
    explained = set(
        re.findall(r"^\| `([a-z]+)` \| (?!any|one|once)", (ROOT / "docs/deploy.md").read_text(), re.M)
    )
    assert explained >= {"database", "redis", "migrations", *PARTS}
