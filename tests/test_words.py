"""Sentences and short names."""

from dataclasses import replace

import pytest
from runs_kit import row_of, taken_in

from aecore.config import knobs
from aecore.models import variants
from aecore.runs import RunSpec, RunStore
from ui.words import JOINER, duration, plain, run_name, spec_line


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "under 1 s"), (0.99, "under 1 s"), (1, "about 1 s"),
     (89.4, "about 89 s"), (90, "about 2 min"), (5399, "about 90 min"), (5400, "about 1.5 h"),
     (10**7, "about 2777.8 h")],
)  # fmt: skip
def test_durations_as_a_person_says_them(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize("variant", variants)
def test_a_spec_in_one_line_tells_what_was_chosen(variant):
    few = next(int(k.low) for k in knobs(variants[variant].Config) if k.name == "latent_dim")
    spec = RunSpec.from_flat({"variant": variant, "latent_dim": few, "seed": 7})
    line = spec_line(spec)
    assert variants[variant].title in line
    code = f"code of {few} {'number' if few == 1 else 'numbers'} ·"
    assert (code in line) == variants[variant].has_code
    assert ("no code ·" in line) != variants[variant].has_code
    assert line.endswith("seed 7")
    assert (spec.make_network((1, 8, 8)).title in line) == variants[variant].uses_network
    assert (spec.make_corruption().title in line) == (spec.corruption != "none")


def test_more_numbers_are_numbers():
    assert "code of 12 numbers" in spec_line(RunSpec.from_flat({"latent_dim": 12}))


def test_a_run_is_named_by_its_kind_its_state_and_the_end_of_its_id():
    row = row_of(taken_in(RunStore().create(RunSpec.from_flat({"variant": "vae"}))))
    assert all(part in run_name(row) for part in ("vae", "digits", "queued", row.id[-4:]))
    assert run_name(replace(row, name="Demonstration")).startswith("Demonstration")


def test_unknown_text_shows_and_does_nothing():
    given = "![x](http://e.example/a.png) <b>*b*</b>\n# `c` $d$ :material/home: [e](f) _g_ ~h~ |"
    escaped = plain(given)
    assert escaped.replace("\\", "").replace(JOINER, "") == " ".join(given.split())
    for mark in "`*_[]<>#!|~$:":
        assert escaped.count(mark) == escaped.count(f"\\{mark}")
    assert plain("A plain sentence, with 2 numbers (1.5 and 2).") == (
        "A plain sentence, with 2 numbers (1.5 and 2)."
    )
    assert plain("C:\\runs") == "C\\:\\\\runs"
