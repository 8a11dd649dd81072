"""What people say about a run: cleaned whatever it is, and never a reason to lose the run."""

import json
import os
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs_kit import full_at, new_run

from aecore.errors import StoreError
from aecore.runs import RunSpec, RunStore, read_status
from aecore.runs.about import FILE, NOTE, About, clean_text, read_about, write_about


def test_it_comes_back_as_it_was_written():
    about = About("A", "two\nlines", ("x", "y"), "someone", True, "from afar")
    run = RunStore().create(RunSpec.from_flat({}), about=about)
    assert read_about(run) == about
    write_about(run, About(name="B"))
    assert read_about(run) == About(name="B")


def test_a_new_run_has_the_defaults():
    run = new_run()
    assert read_about(run) == About()
    (run.folder / FILE).unlink()
    assert read_about(run) == About()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b"3", b"\xff\xfe", b"[" * 100_000, b'{"name": 1e999}']
)
def test_a_damaged_file_costs_nothing_else(content):
    run = new_run()
    (run.folder / FILE).write_bytes(content)
    assert read_about(run) == About()
    assert read_status(run).state == "queued"


def test_a_value_of_another_type_costs_only_itself():
    run = new_run()
    values = {"name": "kept", "note": 3, "tags": ["a", 1, None, "b"], "demo": "yes", "more": 1}
    (run.folder / FILE).write_text(json.dumps(values))
    assert read_about(run) == About(name="kept", tags=("a", "b"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("  a \t b\r\nc ", "a b c"),
        ("cafe\u0301", "caf\u00e9"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("a\0b\x1b[31mc\x7f\x85", "ab[31mc"),
        ("x\u2028y\u2029z", "xyz"),
        ("\ud800 lone", "lone"),
        ("\ufeffmark", "mark"),
        ("👩‍🔬 می‌خواهم", "👩‍🔬 می‌خواهم"),  # joiners belong to the writing
        ("<b>&amp;", "<b>&amp;"),  # to escape is the business of whoever shows it
        ("y" * 200, "y" * 80),
        ("z" * 79 + " tail", "z" * 79),
    ],
)
def test_a_name_is_one_clean_line(given, expected):
    assert About(name=given).name == expected


def test_only_notes_have_lines():
    about = About(name="a\nb", note="a\r\n\n b\tc\n", tags=("t\nu",))
    assert (about.name, about.note, about.tags) == ("a b", "a\n\n b c", ("t u",))
    assert len(About(note="n\n" * 5000).note) <= NOTE


def test_tags_are_few_short_and_different():
    about = About(tags=("a", " a ", "", "\u202e", *(f"{i}" * 40 for i in range(20))))
    assert about.tags[0] == "a"
    assert len(about.tags) == len(set(about.tags)) == 10
    assert all(0 < len(tag) <= 30 for tag in about.tags)


@given(st.text(st.characters(), max_size=300), st.integers(1, 100), st.booleans())
def test_cleaning_holds_what_it_promises(text, limit, lines):
    cleaned = clean_text(text, limit, lines=lines)
    assert len(cleaned) <= limit
    assert clean_text(cleaned, limit, lines=lines) == cleaned
    allowed = {"\n"} if lines else set()
    for letter in set(cleaned) - allowed:
        assert unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(letter) not in ("LRE", "RLE", "PDF", "LRO", "RLO")
    cleaned.encode()


def test_a_full_disk_leaves_what_was_there(monkeypatch):
    run = new_run()
    write_about(run, About(name="old"))
    full, _ = full_at(1)
    monkeypatch.setattr(os, "replace", full(os.replace))
    with pytest.raises(StoreError):
        write_about(run, About(name="new"))
    assert read_about(run).name == "old"
    assert not list(run.folder.glob(".*"))
    write_about(run, About(name="new"))
    assert read_about(run).name == "new"
