"""A real PostgreSQL for the tests of the catalogue: started once, an empty database for each."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from runs_kit import wait

MISSING = "no PostgreSQL on this machine: apt-get install postgresql"
OPTIONS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs, the newest where there are several."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version)
    found = shutil.which("postgres")
    folders = [*installed, *([Path(found).resolve().parent] if found else [])]
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def _version(folder: Path) -> int:
    return int(folder.parent.name) if folder.parent.name.isdecimal() else 0


@contextmanager
def server():
    """A server on a socket in a folder of its own; yields that folder. Skips where there is none.

    PostgreSQL refuses to run as root, so root starts it as the user whom its package makes.
    """
    programs = binaries()
    if programs is None:
        pytest.skip(MISSING)
    user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path has 107 characters
    who = {}
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    who["cwd"] = folder
    data = folder / "data"
    try:
        create = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
        subprocess.run(create, check=True, stdout=subprocess.DEVNULL, **who)
        options = [word for option in OPTIONS for word in ("-c", option)]
        command = [programs / "postgres", "-D", data, "-k", folder, *options]
        with (folder / "log").open("wb") as log:
            running = subprocess.Popen(command, stdout=log, stderr=log, **who)
        try:
            wait(lambda: _answers(folder, running), f"PostgreSQL, see {folder}/log")
            yield folder
        finally:
            running.send_signal(signal.SIGINT)  # its fast way to stop
            running.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(folder: Path, running: subprocess.Popen) -> bool:
    assert running.poll() is None, (folder / "log").read_text()
    try:
        psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def database(folder: Path):
    """An empty database of the server; yields its URL."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(
        host=str(folder), user="postgres", dbname="postgres", autocommit=True
    ) as db:
        db.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield f"postgresql+psycopg://postgres@/{name}?host={folder}"
        db.execute(f"DROP DATABASE {name} WITH (FORCE)")
