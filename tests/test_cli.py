"""The command line: it reads every knob, trains, and answers whatever it is given in a sentence."""

import argparse
import json
import os
import signal
import subprocess
import sys
from itertools import product

import pytest
from runs_kit import curves, finished, is_sentence, new_run, process, weights

from aecore.__main__ import main
from aecore.cli import train as training
from aecore.cli.flags import add_flags
from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.errors import DataUnavailable, InputError, RunFailed, StoreError
from aecore.jobs import drive as driving
from aecore.models import variants
from aecore.networks import networks
from aecore.runs import CHOICES, RunSpec, RunStore, read_status
from aecore.runs.checkpoints import listed
from aecore.runs.spec import all_knobs, chosen_names

SMALL = ["--width", "16", "--latent-dim", "2", "--epochs", "3"]
REGISTRIES = {
    "datasets": datasets,
    "variants": variants,
    "networks": networks,
    "corruptions": corruptions,
}


@pytest.fixture
def shell(capsys):
    """Call the command line: (exit status, standard output, standard error)."""

    def call(*words):
        capsys.readouterr()
        try:
            status = main([str(word) for word in words])
        except SystemExit as left:  # --help leaves like this
            status = left.code
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def strict(text):
    """Parse JSON that has no NaN in it."""

    def never(name):
        raise ValueError(f"{name} is no JSON")

    return json.loads(text, parse_constant=never)


def events_of(out):
    return [strict(line) for line in out.splitlines()]


def refused(answer, status=2):
    """Nothing but one sentence on standard error; that sentence."""
    assert answer[0] == status, answer
    assert answer[2].count("\n") == 1
    assert is_sentence(answer[2].strip()), answer[2]
    return answer[2]


def last_run():
    return next(iter(RunStore()))


# Lists


@pytest.mark.parametrize("command", REGISTRIES)
def test_lists_hold_everything_there_is(shell, command):
    status, out, err = shell(command)
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == list(REGISTRIES[command])
    items = strict(shell(command, "--json")[1])
    assert [item["name"] for item in items] == list(REGISTRIES[command])
    for item in items:
        declared = knobs(REGISTRIES[command][item["name"]].Config)
        assert [knob["name"] for knob in item["knobs"]] == [knob.name for knob in declared]
        assert [knob["default"] for knob in item["knobs"]] == [knob.default for knob in declared]


KEYS = {
    "datasets": "name title summary licence shape classes ready knobs",
    "variants": "name title idea paper year knobs",
    "networks": "name title idea knobs",
    "corruptions": "name title idea knobs",
}


KNOB_KEYS = "name label kind default low high choices help"


@pytest.mark.parametrize("command", KEYS)
def test_json_has_the_promised_keys(shell, command):
    for item in strict(shell(command, "--json")[1]):
        assert list(item) == KEYS[command].split()
        for knob in item["knobs"]:
            assert list(knob) == KNOB_KEYS.split()


def test_what_needs_a_download_says_so(shell):
    ready = {item["name"]: item["ready"] for item in strict(shell("datasets", "--json")[1])}
    assert ready["digits"] is True
    assert ready["mnist"] is False


# Help and flags


def test_help_names_every_command_and_gives_examples(shell):
    status, out, _ = shell("--help")
    assert status == 0
    for command in (*REGISTRIES, "train", "resume", "runs", "evaluate", "examples:"):
        assert command in out


def test_help_needs_no_torch():
    code = "import sys; from aecore.__main__ import main\ntry: main(['--help'])\n"
    code += "finally: assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "AssertionError" not in done.stderr


def flags_of(*words):
    parser = argparse.ArgumentParser()
    add_flags(parser, list(words))
    return {option for action in parser._actions for option in action.option_strings}


EACH = [
    *product(["digits"], variants, networks, ["gaussian"]),
    *product(datasets, ["vae"], ["mlp"], corruptions),
]
"""Every choice, and those together that share the most knobs."""


@pytest.mark.parametrize(("dataset", "variant", "network", "corruption"), EACH)
def test_there_is_a_flag_for_every_knob(dataset, variant, network, corruption):
    names = dict(zip(CHOICES, (dataset, variant, network, corruption), strict=True))
    words = [variant, "--dataset", dataset, f"--network={network}", "--corruption", corruption]
    found = flags_of(*words)
    for _, declared in all_knobs(names):
        assert "--" + declared.name.replace("_", "-") in found


def test_help_of_train_explains_every_knob_with_bounds_and_default(shell):
    status, out, _ = shell("train", "vae", "--dataset", "digits", "--help")
    assert status == 0
    text = " ".join(out.split())
    spec = RunSpec.from_flat({"variant": "vae", "dataset": "digits"})
    for declared, value in spec.values():
        assert declared.help in text
        if declared.kind in ("int", "float"):
            bounds = f"From {declared.low:g} to {declared.high:g}. Default: {value:g}."
            assert bounds in text
    for group in ("variant:", "network:", "corruption:", "dataset:", "training:"):
        assert f"\n{group}\n" in out


def test_help_of_train_without_a_variant_has_every_flag(shell):
    status, out, _ = shell("train", "--help")
    assert status == 0
    for registry in REGISTRIES.values():
        for kind in registry.values():
            for declared in knobs(kind.Config):
                assert f"--{declared.name.replace('_', '-')} " in out


def test_flags_reach_the_spec(shell, monkeypatch):
    seen = []

    def keep(spec):
        seen.append(spec)
        raise InputError("That is enough.")

    monkeypatch.setattr(training, "check", keep)
    words = "train --dataset digits --network=conv --corruption gaussian --level 0.25 --clip false"
    words += " --depth 2 --json denoising --emphasis 0.75 --learning-rate 1e-3 --seed=7"
    words += " --learning-rate-changes 5:0.01,9:0.002 --optimizer sgd"
    assert shell(*words.split())[0] == 2
    (spec,) = seen
    assert spec.names == {
        "dataset": "digits",
        "variant": "denoising",
        "network": "conv",
        "corruption": "gaussian",
    }
    assert (spec.noise.level, spec.noise.clip, spec.layers.depth) == (0.25, False, 2)
    assert (spec.model.emphasis, spec.training.seed, spec.training.optimizer) == (0.75, 7, "sgd")
    assert spec.training.learning_rate == 1e-3
    assert spec.learning_rate_changes == ((5, 0.01), (9, 0.002))
    assert spec.training.epochs == RunSpec.from_flat(chosen_names({})).training.epochs


# Training


def test_train_tells_people_and_records_the_run(shell):
    status, out, _ = shell("train", "vae", *SMALL)
    assert status == 0
    run = last_run()
    assert run.id in out
    assert "parameters" in out
    assert "2 in the code" in out
    assert f"evaluate {run.id}" in out
    assert read_status(run).state == "finished"
    twin = finished(epochs=3)
    assert weights(run) == weights(twin)
    assert curves(run) == curves(twin)


def test_train_tells_machines_one_event_a_line(shell):
    status, out, err = shell("train", "vae", *SMALL, "--json", "--learning-rate-changes", "3:0.01")
    assert (status, err) == (0, "")
    events = events_of(out)
    run = last_run()
    names = [event["event"] for event in events]
    assert names[0] == "started"
    assert names[-1] == "finished"
    assert events[0]["run"] == events[-1]["run"] == run.id
    assert events[-1]["step"] == events[0]["steps"] == 24
    assert set(names[1:-1]) == {"logged", "epoch_done", "snapshot_taken", "learning_rate_changed"}
    rows = [
        (e["step"], e["split"], term, value)
        for e in events
        if e["event"] == "logged"
        for term, value in e["terms"].items()
    ]
    database = run.database()
    assert sorted(rows) == database.metrics()
    database.close()


def test_a_failed_run_is_told_and_exits_1(shell):
    wild = ["--optimizer", "sgd", "--learning-rate", "10", "--schedule", "constant"]
    answer = shell("train", "vae", *SMALL, *wild, "--warmup", "0", "--json")
    message = refused(answer, 1).strip()
    last = events_of(answer[1])[-1]
    reason = {"run": last_run().id, "reason": "non_finite_loss", "message": message}
    assert last == {"event": "failed", **reason}
    assert read_status(last_run()).message == message


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataUnavailable("The file of MNIST is cut off; remove it."), 2),
        (StoreError("The disk is full."), 1),
        (RunFailed("memory", "There is no memory left."), 1),
        (MemoryError(), 1),
        (ZeroDivisionError("inside\nof it"), 1),
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_whatever_breaks_is_told_in_a_sentence(shell, monkeypatch, error, status, form):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(driving, "open_data", broken)
    answer = shell("train", "vae", *SMALL, *form)
    message = refused(answer, status).strip()
    if form:
        last = events_of(answer[1])[-1]
        assert (last["event"], last["run"], last["message"]) == ("failed", last_run().id, message)
    if isinstance(error, ZeroDivisionError):
        assert "ZeroDivisionError: inside" in (last_run().folder / "log.txt").read_text()


def test_what_a_person_sees_on_a_terminal(shell, monkeypatch):
    monkeypatch.setattr("aecore.cli.report.TERMINAL_SECONDS", 0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    status, _, err = shell("train", "vae", *SMALL)
    assert status == 0
    last = err.rstrip("\n").split("\r")[-1]
    assert "epoch 3/3" in last
    assert "kl" in last
    assert "img/s" in last
    assert "s left" in last


# Bad input

NOTHING = [
    ([], "COMMAND"),
    (["dance"], "dance"),
    (["train"], "VARIANT"),
    (["train", "vea"], "did you mean 'vae'"),
    (["train", "vae", "--dataset", "nope"], "mnist"),
    (["train", "vae", "--network", "nope"], "mlp"),
    (["train", "vae", "--corruption", "nope"], "gaussian"),
    (["train", "vae", "--latent-dim", "0"], "from 1 to 4096, got 0"),
    (["train", "vae", "--latent-dim", "1000000000"], "got 1000000000"),
    (["train", "vae", "--latent-dim", "2.5"], "whole number"),
    (["train", "vae", "--learning-rate", "nan"], "got nan"),
    (["train", "vae", "--learning-rate=-inf"], "got -inf"),
    (["train", "vae", "--learning-rate", "-1"], "got -1"),
    (["train", "vae", "--epochs"], "--epochs"),
    (["train", "vae", "--wings", "2"], "--wings"),
    (["train", "vae", "--wings=2\n\x1b[2J"], "--wings"),
    (["train", "vae", "vae"], "vae"),
    (["train", "vae", "--batch-norm", "perhaps"], "true or false"),
    (["train", "vae", "--optimizer", "magic"], "adamw"),
    (["train", "vae", "--optimizer", "ma\ngic"], "adamw"),
    (["train", "vae", "--latent", "2"], "--latent"),
    (["train", "vae", "--dataset", "digits", "--patch-size", "8"], "--patch-size"),
    (["train", "denoising", "--corruption", "none"], "choose a corruption"),
    (["train", "vae", "--network", "conv", "--depth", "6"], "depth"),
    (["train", "vae", "--batch-norm", "true", "--batch-size", "1"], "two images"),
    (["resume"], "RUN"),
    (["resume", "../x"], "../x"),
    (["resume", "a" * 20], "a" * 20),
    (["evaluate", ""], "no run"),
    (["evaluate", "x" * 10**6], "no run"),
    (["evaluate", "a" * 20, "--seed", "many"], "whole number"),
    (["runs", "--jsno"], "--jsno"),
    (["datasets", "extra"], "extra"),
]


@pytest.mark.parametrize(("words", "part"), NOTHING, ids=range(len(NOTHING)))
def test_bad_input_is_told_in_one_sentence_and_starts_nothing(shell, words, part):
    answer = shell(*words)
    assert part in refused(answer)
    assert answer[1] == ""
    assert list(RunStore()) == []


def test_missing_data_is_told(shell, monkeypatch):
    def offline(*_, **__):
        raise DataUnavailable("MNIST could not be downloaded; check the network.")

    monkeypatch.setattr(datasets["mnist"], "fetch", offline)
    answer = shell("train", "vae", "--dataset", "mnist", *SMALL)
    assert "MNIST could not be downloaded" in refused(answer)


def test_truncated_data_is_told(shell, tmp_path, monkeypatch):
    folder = tmp_path / "data" / "MNIST" / "raw"
    folder.mkdir(parents=True)
    for name in datasets["mnist"](datasets["mnist"].Config()).files:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\x00\x00\x08\x03\x00\x00")
    refused(shell("train", "vae", "--dataset", "mnist", *SMALL))


def test_an_unwritable_home_is_told(shell, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", "/dev/null/home")
    for words in (["train", "vae"], ["runs"], ["resume", "a" * 20], ["evaluate", "a" * 20]):
        assert "AECORE_HOME" in refused(shell(*words), 2)


# Runs that exist


def test_runs_are_listed(shell):
    assert shell("runs") == (0, "There are no runs yet.\n", "")
    assert strict(shell("runs", "--json")[1]) == []
    done, waiting, damaged = finished(epochs=1), new_run(variant="linear"), new_run()
    (damaged.folder / "spec.json").write_text("{")
    found = {row["id"]: row for row in strict(shell("runs", "--json")[1])}
    assert list(found) == sorted((done.id, waiting.id, damaged.id), reverse=True)
    assert list(found[done.id]) == ["id", "state", "dataset", "variant", "step", "created"]
    assert [found[run.id]["state"] for run in (done, waiting, damaged)] == [
        "finished",
        "queued",
        "unreadable",
    ]
    assert (found[done.id]["step"], found[waiting.id]["variant"]) == (8, "linear")
    table = shell("runs")[1]
    assert table.splitlines()[0].split() == ["ID", "STATE", "DATASET", "VARIANT", "STEP", "CREATED"]
    assert all(run.id in table for run in (done, waiting, damaged))


@pytest.mark.parametrize(
    ("state", "words"), [("finished", "is finished"), ("failed", "has failed")]
)
def test_what_is_over_cannot_be_resumed(shell, state, words):
    run = new_run()
    database = run.database()
    database.set_status({"state": state})
    database.close()
    assert words in refused(shell("resume", run.id))


def test_what_another_process_trains_is_left_alone(shell):
    run = new_run()
    database = run.database()
    database.set_status({"state": "starting", "asked": 10**12})
    database.close()
    assert "another process" in refused(shell("resume", run.id))


def test_evaluate_gives_one_object(shell):
    run = finished(variant="denoising", corruption="gaussian", epochs=1)
    result = strict(shell("evaluate", run.id, "--json", "--seed", 5)[1])
    parts = ["metrics", "baselines", "counts", "per_dimension"]
    assert list(result) == ["run", "split", "n", "seed", *parts]
    assert (result["run"], result["split"], result["n"], result["seed"]) == (run.id, "test", 359, 5)
    assert set(result["metrics"]) > {"mse", "denoising_psnr", "ssim", "knn_accuracy"}
    assert set(result["baselines"]) == {"pca", "noisy_input", "pixels"}
    status, out, err = shell("evaluate", run.id, "--split", "validation")
    assert (status, err) == (0, "")
    assert "validation" in out
    for word in ("this model", "pca", "noisy_input", "psnr (dB)", "trustworthiness", "images"):
        assert word in out


def test_evaluate_without_weights_or_data_is_told(shell, monkeypatch):
    assert "no saved weights yet" in refused(shell("evaluate", new_run().id))
    run = finished(epochs=1)
    assert "train, validation, test" in refused(shell("evaluate", run.id, "--split", "x"))
    for path in listed(run.checkpoints):
        (path / "model.safetensors").write_bytes(b"")
    assert "no whole checkpoint" in refused(shell("evaluate", run.id))


# A real shell

PYTHON = [sys.executable, "-m", "aecore"]
LONG = ["vae", "--width", "32", "--latent-dim", "2", "--epochs", "200"]


def test_ctrl_c_pauses_and_resume_ends_like_the_twin(shell):
    command = [*PYTHON, "train", *LONG, "--json"]
    with process(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        seen = []
        for line in child.stdout:
            seen.append(strict(line))
            if seen[-1].get("step", 0) >= 100:
                break
        child.send_signal(signal.SIGINT)
        seen += [strict(line) for line in child.stdout]
        assert child.wait() == 0
        assert child.stderr.read() == b""
    run = last_run()
    assert seen[-1] == {"event": "paused", "run": run.id, "step": read_status(run).step}
    assert 100 <= read_status(run).step < 1600
    assert read_status(run).state == "paused"
    status, out, _ = shell("resume", run.id, "--json")
    assert status == 0
    assert events_of(out)[-1]["event"] == "finished"
    assert shell("train", *LONG)[0] == 0
    twin = last_run()
    assert twin.id != run.id
    assert weights(run) == weights(twin)
    assert curves(run) == curves(twin)


def test_pausing_tells_people_how_to_go_on(shell, monkeypatch):
    class Impatient(training.TextReport):
        def note(self, event):
            super().note(event)
            if getattr(event, "step", 0) == 9:
                os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(training, "TextReport", Impatient)
    monkeypatch.setattr(signal, "default_int_handler", lambda *_: None)
    status, out, _ = shell("train", "vae", *SMALL)
    run = last_run()
    assert status == 0
    assert f"Paused at step 9; go on with: python -m aecore resume {run.id}" in out
    assert signal.getsignal(signal.SIGINT) is before


def test_a_reader_that_leaves_pauses_the_run(shell):
    command = [*PYTHON, "train", "vae", "--epochs", "100000", "--json"]
    with process(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        child.stdout.readline()
        child.stdout.close()
        assert b"Traceback" not in child.stderr.read()
    assert read_status(last_run()).state == "paused"
