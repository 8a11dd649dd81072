"""Catalogues of other versions: older ones are brought up to date, newer ones left alone."""

import shutil
import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from catalog_kit import BEN, enter, row
from conftest import REPOSITORY
from runs_kit import is_sentence, process
from sqlalchemy import inspect, text

from aecore.catalog import upgrade
from aecore.catalog.access import find
from aecore.catalog.people import Person, person_of
from aecore.catalog.runs import listed
from aecore.catalog.shares import shares_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import metadata
from aecore.errors import StoreError
from aecore.paths import home

GOLDEN = REPOSITORY / "tests" / "golden"
NEXT = '''
"""The catalogue after this one, made up."""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    op.add_column("run", sa.Column("colour", sa.String(10), server_default="blue", nullable=False))
    {also}
'''


@pytest.fixture
def next_version(tmp_path, monkeypatch):
    """Have the code know one migration more; `also` is a line that it does at the end."""

    def begin(also="pass", patch=monkeypatch):
        scripts = tmp_path / "migrations"
        if not scripts.exists():
            shutil.copytree(upgrade.SCRIPTS, scripts, ignore=shutil.ignore_patterns("*.pyc"))
        before = ScriptDirectory(str(REPOSITORY / "aecore/catalog/migrations")).get_current_head()
        script = NEXT.format(before=before, also=also)
        (scripts / "versions" / "v9999_next.py").write_text(script)
        shutil.rmtree(scripts / "versions" / "__pycache__", ignore_errors=True)
        patch.setattr(upgrade, "SCRIPTS", scripts)
        patch.setattr(upgrade, "HEAD", "9999")

    return begin


def version(catalog):
    with catalog.read() as db:
        return db.execute(text("SELECT version_num FROM alembic_version")).scalar_one()


def test_the_migrations_make_the_very_tables_that_the_code_uses(catalog):
    defaults = {"compare_server_default": not catalog.on_sqlite}  # which writes them differently
    with catalog.engine.connect() as db:
        context = MigrationContext.configure(db, opts=defaults)
        differences = compare_metadata(context, metadata)
    assert differences == []


def test_the_newest_migration_is_the_one_that_the_code_expects():
    assert ScriptDirectory(str(upgrade.SCRIPTS)).get_current_head() == upgrade.HEAD


def test_an_older_catalogue_is_brought_up_to_date(catalog, next_version):
    made, before = enter(catalog), version(catalog)
    next_version()
    newer = Catalog()
    assert version(newer) == "9999"
    with newer.read() as db:
        assert db.execute(text("SELECT colour FROM run")).scalar_one() == "blue"
    assert row(newer, made).owner == "anna"
    enter(newer)
    newer.close()
    if catalog.on_sqlite:
        copy = sqlite3.connect(catalog.root / f"catalog-{before}.db")
        assert copy.execute("SELECT id FROM run").fetchall() == [(made.id,)]
        assert "colour" not in str(copy.execute("PRAGMA table_info(run)").fetchall())
        copy.close()


def test_a_migration_that_breaks_off_changes_nothing_and_can_be_done_again(catalog, next_version):
    made, before = enter(catalog), version(catalog)
    next_version(also='op.execute("SELECT nothing FROM nowhere")')
    with pytest.raises(StoreError) as caught:
        Catalog()
    assert is_sentence(caught.value)
    assert version(catalog) == before
    assert "colour" not in {c["name"] for c in inspect(catalog.engine).get_columns("run")}
    next_version()
    again = Catalog()
    assert row(again, made).id == made.id
    again.close()


def test_where_no_copy_can_be_put_aside_nothing_is_migrated(next_version):
    catalog = Catalog()
    before = version(catalog)
    (catalog.root / f"catalog-{before}.db").mkdir()
    next_version()
    with pytest.raises(StoreError) as caught:
        Catalog()
    assert is_sentence(caught.value)
    assert version(catalog) == before
    catalog.close()


def test_a_newer_catalogue_is_refused_in_one_sentence_and_left_alone(catalog, next_version):
    made = enter(catalog)
    with pytest.MonkeyPatch.context() as patch:
        next_version(patch=patch)
        Catalog().close()
    with pytest.raises(StoreError) as caught:
        Catalog()
    assert is_sentence(caught.value)
    assert "newer version" in str(caught.value)
    assert version(catalog) == "9999"
    with catalog.read() as db:
        assert db.execute(text("SELECT id FROM run")).scalar_one() == made.id


def test_processes_that_open_an_empty_home_at_once_all_get_in(database_url):
    script = "from aecore.catalog.store import Catalog; input(); Catalog(); print('open')"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    command = [sys.executable, "-c", script]
    with process(command, **pipes) as one, process(command, **pipes) as two:
        for child in (one, two):
            child.stdin.write(b"\n")
            child.stdin.flush()
        assert [child.communicate(timeout=100)[0] for child in (one, two)] == [b"open\n"] * 2
    opened = Catalog()
    assert version(opened) == upgrade.HEAD
    opened.close()


@pytest.mark.parametrize("dump", sorted(GOLDEN.glob("catalog-*.sql")), ids=lambda path: path.stem)
def test_a_catalogue_of_every_version_opens(dump):
    """The dumps were made by the versions they are named after, and are never edited."""
    old = sqlite3.connect(home() / "catalog.db")
    old.executescript(dump.read_text())
    old.close()
    catalog = Catalog()
    assert version(catalog) == upgrade.HEAD
    shared, demo = listed(catalog, None)
    assert (shared.owner, shared.name, shared.tags) == ("ben", "Möbius", ("thesis", "b"))
    assert (demo.owner, demo.demo, demo.state) == ("owner", True, "finished")
    assert demo.score == 21.5
    assert shares_of(catalog, shared)[0].visitors == 1
    assert person_of(catalog, "browser-1").id == "ben"
    assert find(catalog, BEN, shared.id, "export") == shared
    enter(catalog, Person("new", "member"))
    catalog.close()
