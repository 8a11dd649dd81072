"""The sweep over the code size: which runs belong to it, its figures, its words, page, command."""

import json

import numpy as np
import pytest
from pages_kit import charts, in_state, press, shown
from runs_kit import finished, is_sentence, new_run, taken_in
from sklearn.decomposition import PCA
from test_pages import PAGES, engine, visit  # noqa: F401  the fixture holds for pages here

import ui.access
from aecore.__main__ import main
from aecore.catalog.runs import listed
from aecore.datasets import open_data
from aecore.errors import InputError
from aecore.jobs.reporter import Reporter
from aecore.paths import home
from aecore.reports import ReportSpec
from aecore.reports.base import unheard
from aecore.runs import RunSpec, RunStore
from aecore.runs.inference import load_model
from aecore.runs.sweep import SIZES, members, sweep_of
from ui.access import catalog, visitor
from ui.selection import RUN
from ui.sweep_words import size_figure, sizes_table, verdict

(COMPARE,) = (page for page in PAGES if page.stem == "compare")
PLAIN = {"variant": "autoencoder", "width": 16, "epochs": 2}


def found_of(run, *others, **values):
    beside = [other.id for other in others]
    spec = ReportSpec.from_flat({"report": "sweep", "beside": beside, **values})
    runs = [(other, load_model(other)) for other in others]
    return spec.report(runs).make(run, load_model(run), unheard)


def spec_of(**flat):
    return RunSpec.from_flat({"dataset": "digits", **PLAIN, **flat})


def test_a_sweep_has_the_same_settings_and_no_code_longer_than_the_image():
    spec = spec_of(latent_dim=10)
    found = sweep_of(spec)
    assert list(found) == [2, 4, 8, 10, 16, 32, 64]
    assert found[10] is spec
    for size, other in found.items():
        assert other == spec_of(latent_dim=size)
    assert list(sweep_of(spec_of(latent_dim=200)))[-2:] == [64, 200]
    assert list(sweep_of(spec_of(dataset="mnist"))) == list(SIZES)


@pytest.mark.parametrize(
    ("variant", "words"),
    [("unet_denoiser", "has no code"), ("conditional_vae", "holds more than")],
)
def test_a_variant_whose_code_cannot_be_varied_is_told_in_a_sentence(variant, words):
    spec = RunSpec.from_flat({"dataset": "digits", "variant": variant})
    with pytest.raises(InputError, match=words) as told:
        sweep_of(spec)
    assert is_sentence(told.value)


def test_only_runs_of_exactly_the_same_settings_belong_to_it():
    run = new_run(**PLAIN)
    same = new_run(**{**PLAIN, "latent_dim": 8})
    other_seed = new_run(**{**PLAIN, "latent_dim": 8, "seed": 1})
    other_kind = new_run(**{**PLAIN, "latent_dim": 8, "variant": "vae"})
    other_size = new_run(**{**PLAIN, "latent_dim": 5})
    (same.folder.parent / other_size.id / "spec.json").write_text("{")
    every = [same, other_seed, other_kind, RunStore()[other_size.id], run]
    found = members(every, sweep_of(run.spec))
    assert {size: runs for size, runs in found.items() if runs} == {2: [run], 8: [same]}


def test_a_run_whose_learning_rate_was_changed_by_hand_is_left_out():
    run, changed = new_run(**PLAIN), new_run(**{**PLAIN, "latent_dim": 4})
    assert members([changed], sweep_of(run.spec))[4] == [changed]
    database = changed.database()
    with database.write() as db:
        db.execute("INSERT INTO change (step, learning_rate) VALUES (3, 0.01)")
    database.close()
    assert members([changed], sweep_of(run.spec))[4] == []


def test_figures_are_those_of_scikit_learn_on_the_same_images():
    run, other = finished(**PLAIN), finished(**{**PLAIN, "latent_dim": 8})
    found = found_of(run, other, count=50)
    rows = {each["size"]: each for each in found.tables["sizes"]}
    assert list(rows) == [2, 4, 8, 16, 32, 64]
    assert found.scope == {"split": "test", "n": 50}
    data = open_data("digits")
    train = (data.part("train") / 255).double().flatten(1).numpy()
    clean = (data.part("test", 50) / 255).double().flatten(1).numpy()
    linear = {}
    for size in rows:
        model = PCA(size, svd_solver="full").fit(train)
        copies = model.inverse_transform(model.transform(clean)).clip(0, 1)
        linear[size] = ((copies - clean) ** 2).mean(1)
        assert rows[size]["pca_mse"] == pytest.approx(linear[size].mean(), rel=1e-3, abs=1e-9)
    for size, one in ((2, run), (8, other)):
        copies = load_model(one).model(data.part("test", 50) / 255).double().flatten(1).numpy()
        errors = ((copies.clip(0, 1) - clean) ** 2).mean(1)
        assert rows[size]["run"] == one.id
        assert rows[size]["mse"] == pytest.approx(errors.mean(), rel=1e-4)
        assert rows[size]["less"] == pytest.approx((linear[size] - errors).mean(), rel=1e-3)
        assert rows[size]["less_low"] < rows[size]["less"] < rows[size]["less_high"]
    assert [rows[size]["mse"] for size in (4, 16, 32, 64)] == [None] * 4


def test_a_run_of_other_settings_is_refused():
    run, other = finished(**PLAIN), finished(**{**PLAIN, "latent_dim": 8, "seed": 1})
    with pytest.raises(InputError, match="more than the code size") as told:
        found_of(run, other)
    assert is_sentence(told.value)


def row_of_size(size, mse, pca, spread=0.001):
    less = pca - mse
    limits = {"less": less, "less_low": less - spread, "less_high": less + spread}
    both = {
        f"{name}{end}": value
        for name, value in (("mse", mse), ("pca_mse", pca))
        for end in ("", "_low", "_high")
    }
    return {"size": size, "run": "r", **both, **limits}


def test_who_wins_where_is_said_only_where_the_difference_is_beyond_chance():
    rows = [row_of_size(2, 0.05, 0.04), row_of_size(4, 0.03, 0.0304),
            row_of_size(8, 0.01, 0.02), row_of_size(16, 0.01, 0.0125)]  # fmt: skip
    assert verdict(rows, "VAE") == (
        "With codes of 2 numbers **PCA** is better: its squared error is 20\u00a0% smaller; with "
        "codes of 4 numbers no difference between PCA and VAE can be told; with codes of 8 and 16 "
        "numbers **VAE** is better: its squared error is 50\u00a0% and 20\u00a0% smaller."
    )
    unknown = {name: None if "pca" not in name else 0.1 for name in rows[0]} | {"size": 32}
    assert verdict([*rows, unknown], "VAE") == verdict(rows, "VAE")
    assert sizes_table([unknown], "VAE")["MSE of VAE"] == ["not trained"]
    runs, pca = size_figure([*rows, unknown], "VAE").data
    assert (list(runs.x), list(pca.x)) == ([2, 4, 8, 16], [2, 4, 8, 16, 32])
    assert np.allclose(runs.y, [0.05, 0.03, 0.01, 0.01])


def page_of(run):
    """The page once both of its reports are made."""
    for _ in range(2):
        visit(COMPARE, {RUN: run.id})
        Reporter(home()).tick()
    return visit(COMPARE, {RUN: run.id})


def test_the_page_starts_what_is_missing_once_and_cancels_it():
    run = taken_in(finished(**PLAIN))
    taken_in(finished(**{**PLAIN, "latent_dim": 8}))
    at = page_of(run)
    assert [len(trace["x"]) for trace in charts(at)[0]["data"]] == [2, 6]
    assert at.button(key="sweep:ask").label == "Train codes of 4, 16, 32, 64"
    press(at, "sweep:ask")
    assert "This starts 4 runs with codes of 4, 16, 32, 64" in shown(at)
    press(at, "sweep:start")
    queued = {each.name: each for each in listed(catalog(), visitor().id) if each.waiting}
    names = [f"Sweep · code of {size} · Autoencoder" for size in (4, 16, 32, 64)]
    assert sorted(queued) == sorted(names)
    assert RunStore()[queued[names[0]].id].spec == sweep_of(run.spec)[4]
    assert "4 runs under way" in shown(at)
    assert not [button for button in at.button if button.key == "sweep:ask"]
    press(at, "sweep:cancel")
    assert not [each for each in listed(catalog(), visitor().id) if each.waiting]
    at = page_of(run)
    press(press(at, "sweep:ask"), "sweep:start")
    again = {each.id for each in listed(catalog(), visitor().id) if each.waiting}
    assert again == {each.id for each in queued.values()}  # resumed, not begun anew


def test_the_run_itself_is_neither_trained_anew_nor_cancelled_with_the_sweep():
    run = taken_in(finished(**PLAIN))
    at = page_of(in_state(run, "paused"))
    assert at.button(key="sweep:ask").label == "Train codes of 4, 8, 16, 32, 64"
    at = page_of(in_state(run, "running"))
    assert not [button for button in at.button if button.key == "sweep:cancel"]


def test_limits_hold_for_a_sweep_too(monkeypatch):
    few = ui.access.limits().model_copy(update={"queued": 2})
    monkeypatch.setattr(ui.access, "limits", lambda: few)
    run = taken_in(finished(**PLAIN))
    at = page_of(run)
    press(press(at, "sweep:ask"), "sweep:start")
    assert "You have 2 runs waiting already, and 2 may" in shown(at)
    assert "2 runs under way" in shown(at)
    assert at.button(key="sweep:ask").label == "Train codes of 16, 32, 64"


def test_a_run_without_a_code_has_a_sentence_in_place_of_the_curve():
    run = taken_in(finished(variant="unet_denoiser", corruption="gaussian", epochs=1))
    at = page_of(run)
    assert "has no code whose size could be varied" in shown(at)
    assert charts(at) == []


def test_the_command_trains_what_is_missing_and_finds_it_again(capsys):
    run = finished(**PLAIN)
    assert main(["sweep", run.id, "--count", "40", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["run"] for each in told["tables"]["sizes"]] == [run.id, *[None] * 5]
    half = new_run(**{**PLAIN, "latent_dim": 4})
    assert main(["sweep", run.id, "--train", "--count", "40"]) == 0
    assert len(list(RunStore())) == 6
    capsys.readouterr()
    assert main(["sweep", run.id, "--train", "--count", "40", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    runs = [each["run"] for each in told["tables"]["sizes"]]
    assert runs[:2] == [run.id, half.id]
    assert all(runs)
    assert len(list(RunStore())) == 6
