"""Every page, opened, filled in and sent hostile links; no browser, no process is started."""

import ast
import json
import math
import random
import shutil
from pathlib import Path
from typing import get_args

import pytest
from runs_kit import row_of, taken_in
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

import ui.train_form
from aecore.catalog.runs import change, listed
from aecore.catalog.submit import submit
from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.errors import InputError, StoreError
from aecore.jobs.drive import Driver
from aecore.models import variants
from aecore.models.base import Family
from aecore.networks import networks
from aecore.runs import CHOICES, RunSpec, RunStore, check
from aecore.runs.control import claim
from aecore.runs.spec import all_knobs
from aecore.runs.store import new_id
from ui import access, components, resources
from ui.access import catalog
from ui.errors import explain
from ui.form_link import linked_spec
from ui.forms import _changed, in_words
from ui.selection import OTHERS, RUN, set_widget
from ui.train_form import _start, start_panel
from ui.words import plain

ROOT = Path(__file__).parents[1]
FRAME = ROOT / "ui" / "frame.py"
PAGES = sorted((ROOT / "pages").glob("*.py"))
HOME, TRAIN, RECONSTRUCT = (ROOT / "pages" / f"{n}.py" for n in ("home", "train", "reconstruct"))
REGISTRIES = {
    "dataset": datasets,
    "variant": variants,
    "network": networks,
    "corruption": corruptions,
}
PART = {"dataset": "source", "variant": "model", "network": "layers", "corruption": "noise"}
WIDGETS = (
    "selectbox", "slider", "number_input", "text_input", "toggle", "button_group", "button",
)  # fmt: skip
QUICK = {"dataset": "digits", "width": "16", "epochs": "2"}


class Queue:
    """The runs that pages have submitted; no supervisor takes them up."""

    def __init__(self):
        self.problem = None
        self.submitted = 0

    @property
    def started(self):
        waiting = listed(catalog(), None, states=("queued",))
        return [row.id for row in reversed(waiting)]

    def submit(self, *values, **named):
        if self.problem:
            raise StoreError(self.problem)
        self.submitted += 1
        return submit(*values, **named)


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """The app as `app.py` sets it up, except that no process is started, no step is timed and
    nothing is made meanwhile."""
    recording, init = Queue(), LocalScriptRunner.__init__

    def with_explain(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self._on_script_error = explain

    monkeypatch.setattr(LocalScriptRunner, "__init__", with_explain)
    monkeypatch.setattr(access, "submit", recording.submit)
    for clerk in ("reports.ensure_reporter", "map_measures.ensure_mapper"):
        monkeypatch.setattr(f"ui.{clerk}", lambda root: False)
    monkeypatch.setattr(resources, "step_seconds", lambda spec: 0.001)
    monkeypatch.setattr("ui.data_card._pending", lambda name: False)  # pictures come when they come
    resources._visit.cache_clear()
    components._component.cache_clear()
    yield recording
    resources._visit.cache_clear()
    components._component.cache_clear()


@pytest.fixture(scope="module")
def finished_home(tmp_path_factory):
    """A home with one finished run."""
    home = tmp_path_factory.mktemp("home")
    run = RunStore(home).create(RunSpec.from_flat(QUICK))
    for _ in Driver(run).events():
        pass
    taken_in(run)
    return home


@pytest.fixture
def finished(finished_home, tmp_path, monkeypatch):
    """A finished run in a home of the test's own."""
    shutil.copytree(finished_home, tmp_path / "copy")
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "copy"))
    return next(iter(RunStore()))


@pytest.fixture
def queued():
    """A run that nobody has begun; nothing of it is saved."""
    return taken_in(RunStore().create(RunSpec.from_flat(QUICK)))


@pytest.fixture
def running(queued):
    """A run that this very process seems to train."""
    database = queued.database()
    assert claim(database)
    database.set_status({"state": "running", "step": 3, "total_steps": 10})
    database.close()
    change(catalog(), row_of(queued), state="running")
    return queued


@pytest.fixture
def undownloaded():
    """A run on images that are not on this machine."""
    names = [name for name, kind in datasets.items() if not kind(kind.Config()).ready()]
    return taken_in(RunStore().create(RunSpec.from_flat({"dataset": names[0]})))


def visit(page, link=None, at=None):
    """A page opened by a link, in a tab of its own or in one that is open."""
    at = at or AppTest.from_file(FRAME, default_timeout=60)
    if "trail" in at.session_state:
        del at.session_state["trail"]  # this is long after the last choice
    at.query_params = dict(link or {})
    return sound(at.switch_page(str(page)).run())


def sound(at):
    """No traceback, and nothing that nobody foresaw."""
    assert not at.exception, at.exception[0].value
    assert not any("Something unexpected" in error.value for error in at.error)
    return at


def widgets(at):
    """Widgets of the page by the last part of their key."""
    found = [widget for kind in WIDGETS for widget in at.get(kind) if widget.key]
    return {widget.key.split(":")[-1]: widget for widget in found}


def told(*elements):
    """All texts of some elements, as a person reads them."""
    return " ".join(element.value.replace("\\", "") for group in elements for element in group)


def links(at):
    return [link.proto.page for link in at.get("page_link")]


def shown(at):
    """Names of the browser components on the page."""
    return [part.proto.component_name.split(".")[-1] for part in at.get("bidi_component")]


def spec_of(at):
    return RunSpec.from_flat(at.query_params)


def test_the_table_of_contents_has_every_page():
    (function,) = (
        node
        for node in ast.walk(ast.parse(FRAME.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name == "pages"
    )
    named = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
    assert sorted(n for n in named if str(n).endswith(".py")) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("state", ["finished", "queued", "running", "undownloaded"])
def test_every_page_opens_with_a_run_in_any_state(page, state, request):
    run = request.getfixturevalue(state)
    at = visit(page, {RUN: run.id})
    assert at.title[0].value
    assert not at.warning
    assert at.sidebar.selectbox(key="picked").value == run.id


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_opens_in_an_empty_home_and_the_demonstration_starts(page, engine):
    at = visit(page)
    (demo,) = RunStore()
    assert engine.started == [demo.id]
    visit(page, at=at)
    assert engine.started == [demo.id]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_home_that_cannot_be_written_is_one_sentence(page, tmp_path, monkeypatch, engine):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "file" / "home"))
    at = visit(page)
    assert [error.value.count("AECORE") for error in at.error] == [1]
    assert engine.submitted == 0


def test_home_shows_the_demonstration_and_says_so_when_it_is_gone(engine):
    at = visit(HOME)
    assert shown(at) == ["ael_live"]
    shutil.rmtree(RunStore()[engine.started[0]].folder)
    sound(at.run())
    assert shown(at) == []
    assert "not here any more" in told(at.info)


def test_a_damaged_run_hides_only_itself(finished):
    broken = [taken_in(RunStore().create(RunSpec.from_flat(QUICK))) for _ in range(3)]
    (broken[0].folder / "spec.json").write_text("{")
    (broken[1].folder / "metrics.db").write_bytes(b"no database" * 200)
    (broken[2].folder / "spec.json").write_text(json.dumps({"schema": 1, "dataset": "gone"}))
    for page in PAGES:
        at = visit(page, {RUN: finished.id})
        assert not at.warning
        assert len(at.sidebar.selectbox(key="picked").options) == 4
        for run in broken[::2]:
            assert len(visit(page, {RUN: run.id}).warning) == 1
        visit(page, {RUN: broken[1].id})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_run_that_is_deleted_while_it_is_looked_at_is_missed_in_one_sentence(finished, page):
    at = visit(page, {RUN: finished.id})
    shutil.rmtree(finished.folder)
    sound(at.run())
    assert len(at.warning) == 1
    assert "not here" in told(at.warning)


@pytest.mark.parametrize("name", ["..", "../../etc/passwd", "x" * 500_000, "日本", "<b>", "\x00"])
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_hostile_run_in_a_link_looks_like_an_unknown_one(page, name, finished):
    unknown = visit(page, {RUN: new_id()})
    at = visit(page, {RUN: name})
    assert [w.value for w in at.warning] == [w.value for w in unknown.warning]
    assert len(at.warning) == 1
    assert "passwd" not in told(at.warning, at.markdown, at.caption)


def test_picking_a_run_puts_it_into_the_link(finished, queued):
    other = taken_in(RunStore().create(RunSpec.from_flat(QUICK)))
    at = visit(TRAIN)
    sound(at.sidebar.selectbox(key="picked").set_value(other.id).run())
    assert at.query_params == {RUN: other.id}
    assert shown(at) == ["ael_live"]
    shutil.rmtree(other.folder)
    sound(at.run())


@pytest.mark.parametrize(
    ("choice", "name"), [(c, n) for c, registry in REGISTRIES.items() for n in registry]
)
def test_the_form_has_a_widget_with_help_for_every_knob(choice, name):
    at = visit(TRAIN, {choice: name})
    spec = spec_of(at) if at.query_params else RunSpec.from_flat({choice: name})
    found = widgets(at)
    for part, knob in all_knobs(RunSpec.from_flat({choice: name}).names):
        if part == "layers" and not spec.kind.uses_network:
            assert knob.name not in found
        else:
            said = in_words(spec, knob)  # of rows, where there are no images
            assert said.help in found[knob.name].proto.help
            assert found[knob.name].proto.label == said.label
    offered = {c for c in CHOICES if c != "network" or spec.kind.uses_network}
    assert all(found[c].proto.help for c in offered)
    kind = datasets[spec.dataset].kind
    registry = REGISTRIES[choice].items()
    fitting = [n for n, e in registry if choice == "dataset" or kind in e.kinds or n == name]
    titles = [REGISTRIES[choice][fit].title for fit in fitting]
    assert choice not in offered or sorted(found[choice].options) == sorted(titles)


def test_variants_of_a_family_stand_together_the_oldest_first():
    by_title = {kind.title: kind for kind in variants.values()}
    shown = [by_title[title] for title in widgets(visit(TRAIN))["variant"].options]
    order = get_args(Family)
    places = [(order.index(kind.family), kind.year) for kind in shown]
    assert places == sorted(places)


def other(knob, value):
    """A value that a person could choose instead."""
    if knob.kind == "text":
        return "0,1,2"
    if knob.kind == "bool":
        return not value
    if knob.kind == "choice":
        return next((choice for choice in knob.choices if choice != value), value)
    if knob.low == knob.high:
        return value
    if knob.kind == "int":
        return value + 1 if value < knob.high else value - 1
    return round(value + 0.01, 6) if value + 0.01 <= knob.high else round(value - 0.01, 6)


@pytest.mark.parametrize(
    ("part", "link"),
    [
        *((PART[c], {c: n}) for c, registry in REGISTRIES.items() for n in registry),
        ("training", {}),
        ("splits", {}),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else value,
)
def test_a_changed_widget_changes_the_link_and_nothing_else(part, link, finished, engine):
    at = None
    start = RunSpec.from_flat(link)
    for declared_in, knob in all_knobs(start.names):
        if declared_in != part or (part == "layers" and not start.kind.uses_network):
            continue
        at = visit(TRAIN, link, at)
        changed = other(knob, getattr(getattr(start, part), knob.name))
        sound(widgets(at)[knob.name].set_value(changed).run())
        assert spec_of(at) == RunSpec.from_flat({**link, knob.name: changed}), knob.name
        assert widgets(at)[knob.name].value == changed
        assert not at.warning
    assert engine.started == []
    assert len(list(RunStore())) == 1


def test_no_setting_has_a_name_that_links_of_another_page_use():
    for variant in variants:
        for network in networks:
            for corruption in corruptions:
                for dataset in datasets:
                    names = {"dataset": dataset, "variant": variant}
                    names |= {"network": network, "corruption": corruption}
                    known = {knob.name for _, knob in all_knobs(names)} | {*names}
                    assert not known & {RUN, *OTHERS}


def test_a_choice_that_comes_with_the_link_of_before_the_last_adds_to_it(engine):
    at = visit(TRAIN, {"seed": "3"})
    for name, value in (("epochs", 7), ("latent_dim", 5), ("batch_size", 16)):
        at.query_params = {"seed": "3"}
        sound(widgets(at)[name].set_value(value).run())
    at.query_params = {"seed": "3"}
    sound(widgets(at)["start"].click().run())
    asked = {"seed": "3", "epochs": "7", "latent_dim": "5", "batch_size": "16"}
    assert RunStore()[at.query_params[RUN]].spec == RunSpec.from_flat(asked)


def test_who_goes_back_later_is_back(monkeypatch):
    at = visit(TRAIN, {"seed": "3"})
    sound(widgets(at)["epochs"].set_value(7).run())
    monkeypatch.setattr("ui.selection.LATE", 0)
    at.query_params = {"seed": "3"}
    sound(at.run())
    assert at.query_params == {"seed": "3"}
    assert widgets(at)["epochs"].value == RunSpec.from_flat({}).training.epochs


def test_changes_add_up_and_the_default_leaves_the_link():
    at = visit(TRAIN)
    sound(widgets(at)["epochs"].set_value(7).run())
    sound(widgets(at)["seed"].set_value(3).run())
    assert at.query_params["epochs"] == "7"
    assert at.query_params["seed"] == "3"
    default = RunSpec.from_flat({}).training.epochs
    sound(widgets(at)["epochs"].set_value(default).run())
    assert "epochs" not in at.query_params
    assert at.query_params["seed"] == "3"


def generated(count):
    """Specs from all over the space, the same ones every time."""
    draw, made = random.Random(5), []
    while len(made) < count:
        flat = {choice: draw.choice(list(registry)) for choice, registry in REGISTRIES.items()}
        every = [knob for _, knob in all_knobs(flat)]
        flat |= {knob.name: drawn(draw, knob) for knob in draw.sample(every, draw.randint(0, 9))}
        if draw.random() < 0.3:
            flat["learning_rate_changes"] = f"{draw.randint(1, 99)}:0.01,200:{draw.random()}"
        try:
            made.append(RunSpec.from_flat(flat))
        except InputError:
            continue
    return made


def drawn(draw, knob):
    if knob.kind == "text":
        return draw.choice(["", "0,1,2"])
    if knob.kind == "bool":
        return draw.random() < 0.5
    if knob.kind == "choice":
        return draw.choice(knob.choices)
    if knob.kind == "int":
        low, high = max(1, knob.low), max(1, knob.high)
        return round(math.exp(draw.uniform(math.log(low), math.log(high))))
    return draw.uniform(knob.low, knob.high)


@pytest.mark.parametrize("spec", generated(40), ids=lambda spec: spec.variant)
def test_a_link_fills_the_form(spec, monkeypatch):
    seen = []
    form = ui.train_form.form
    monkeypatch.setattr(ui.train_form, "form", lambda spec: (seen.append(spec), form(spec)))
    at = visit(TRAIN, spec.to_flat())
    assert seen == [spec]
    assert not at.warning
    found = widgets(at)
    for knob, value in spec.values():
        assert knob.name not in found or found[knob.name].value == value
    for choice, name in spec.names.items():
        assert choice not in found or found[choice].value == name


def hostile_links(count):
    """Links that no form wrote, the same ones every time."""
    draw = random.Random(21)
    known = [knob.name for _, knob in all_knobs(CHOICES)]
    odd = ["unknown", "<b>", "日本", "a" * 2000, "self", "__class__", "", "learning_rate_changes"]
    names = [*CHOICES, *known, *CHOICES, *OTHERS, *odd]
    values = ["", "nan", "inf", "-inf", "1e999", "-1", "0", "3", "0.5", "9" * 30, "9" * 5000, " 3 ",
              "None", "true", "[]", "{}", "digits", "vae", "conv", "gaussian", "masking", "²", "१२",
              "<script>x</script>", "![x](http://e.example/x.png)", "日本", "\x00", "\u202e", "1_0",
              "x" * 3000, "1:0.1", "0:1", "1:nan", "1:2:3", ",,,"]  # fmt: skip
    for _ in range(count):
        chosen = draw.sample(names, draw.randint(1, 6))
        yield {name: draw.choice(values) for name in chosen}


def test_no_link_breaks_the_form(finished, engine):
    at, warned = None, 0
    for link in hostile_links(300):
        at = visit(TRAIN, link, at)
        assert "choice:variant" in [box.key for box in at.selectbox], link
        warned += bool(at.warning)
        for warning in at.warning:
            assert "![" not in warning.value
            assert "<script" not in warning.value.replace("\\<", "")
            assert len(warning.value) < 1000
    assert warned > 100
    assert engine.started == []


def test_a_link_with_hundreds_of_settings_is_told_in_a_few_warnings():
    at = visit(TRAIN, {f"name{index}": "1" for index in range(300)} | {"epochs": "7"})
    assert 0 < len(at.warning) < 20


def test_what_can_be_used_of_a_link_is_used():
    at = visit(TRAIN, {"variant": "nonsense", "dataset": "digits", "epochs": "7", "seed": "x"})
    assert widgets(at)["epochs"].value == 7
    assert len(at.warning) == 2


def test_no_link_breaks_the_reconstructions(finished):
    at = None
    for link in hostile_links(100):
        at = visit(RECONSTRUCT, {**link, RUN: finished.id}, at)
        assert shown(at) == ["ael_gallery"], link


NEED = [name for name, kind in variants.items() if kind.needs_corruption]


def too_deep():
    """A network that cannot halve 8×8 pixels as often as its form allows."""
    for name, kind in networks.items():
        most = {knob.name: knob.high for knob in knobs(kind.Config) if knob.name == "depth"}
        try:
            kind(kind.Config(**most), (1, 8, 8))
        except InputError:
            return {"network": name, **most}
    raise AssertionError("no network is ever too deep")


@pytest.mark.parametrize(
    "link",
    [
        *({"variant": name, "corruption": "none"} for name in NEED),
        {"dataset": "digits", **too_deep()},
        {"batch_norm": "true", "batch_size": 1},
        {"batch_norm": "true", "batch_size": 65536, "train_limit": 1},
    ],
    ids=lambda link: "-".join(map(str, link.values())),
)  # fmt: skip
def test_what_cannot_work_has_a_reason_and_no_start(link):
    with pytest.raises(InputError) as refusal:
        check(RunSpec.from_flat(link))
    at = visit(TRAIN, link)
    assert [error.value for error in at.error] == [
        f"These settings cannot work. {plain(str(refusal.value))}"
    ]
    assert "start" not in widgets(at)
    assert not at.warning


def test_a_variant_that_needs_a_corruption_brings_one():
    assert NEED
    for name in NEED:
        at = visit(TRAIN)
        sound(widgets(at)["variant"].set_value(name).run())
        assert not at.error
        assert widgets(at)["corruption"].value != "none"
        sound(widgets(at)["variant"].set_value(CHOICES["variant"]).run())
        assert widgets(at)["corruption"].value == CHOICES["corruption"]


def test_a_variant_without_network_is_not_refused_for_the_network_it_does_not_use():
    bare = [name for name, kind in variants.items() if not kind.uses_network]
    assert bare
    for name in bare:
        at = visit(TRAIN, {"dataset": "digits", **too_deep()})
        assert "start" not in widgets(at)
        sound(widgets(at)["variant"].set_value(name).run())
        assert "start" in widgets(at)
        assert not {"network", "depth"} & at.query_params.keys()


@pytest.mark.parametrize("choice", CHOICES)
def test_another_choice_drops_the_settings_that_it_does_not_have(choice):
    registry = REGISTRIES[choice]
    own = {name: {knob.name for knob in knobs(kind.Config)} for name, kind in registry.items()}
    fewest = {a: max(registry, key=lambda b, a=a: len(own[a] - own[b])) for a in registry}
    pairs = [(a, b) for a, b in fewest.items() if own[a] - own[b]]
    for before, after in pairs or list(zip(registry, [*registry][1:], strict=False)):
        left = own[before] - own[after]
        values = {k.name: other(k, v) for k, v in RunSpec.from_flat({choice: before}).values()}
        link = {choice: before, "seed": "5", **{name: str(values[name]) for name in left}}
        at = visit(TRAIN, link)
        sound(widgets(at)[choice].set_value(after).run())
        assert not left & at.query_params.keys()
        assert not at.warning
        assert getattr(spec_of(at), choice) == after
        assert at.query_params["seed"] == "5"


def test_start_makes_the_run_that_the_form_shows(engine, finished):
    at = visit(TRAIN, {"epochs": "3", "latent_dim": "5"})
    sound(widgets(at)["start"].click().run())
    (started,) = engine.started
    assert at.query_params == {RUN: started}
    assert RunStore()[started].spec == RunSpec.from_flat({"epochs": "3", "latent_dim": "5"})
    assert shown(at) == ["ael_live"]
    assert "start" not in widgets(at)


def clicked_twice():
    spec, _ = linked_spec()
    start_panel(spec)
    _start()
    _start()


def test_a_double_click_starts_one_run_and_shows_it(engine, monkeypatch):
    # The second click of a browser comes with the old link, while the first is still at work.
    monkeypatch.setattr(ui.train_form, "clicked_twice", clicked_twice, raising=False)
    at = sound(AppTest.from_string("import ui.train_form as f; f.clicked_twice()").run())
    (run,) = RunStore()
    assert engine.started == [run.id]
    assert at.query_params == {RUN: run.id}


def test_who_wants_two_runs_gets_two(engine, finished):
    at = visit(TRAIN, {"epochs": "3"})
    sound(widgets(at)["start"].click().run())
    visit(TRAIN, {"epochs": "3"}, at)
    sound(widgets(at)["start"].click().run())
    assert len(set(engine.started)) == 2


def late_change():
    spec, _ = linked_spec()
    start_panel(spec)
    _start()
    set_widget("late", 7)
    _changed("epochs", "late")


def test_a_change_after_start_changes_no_link(engine, monkeypatch):
    monkeypatch.setattr(ui.train_form, "late_change", late_change, raising=False)
    at = sound(AppTest.from_string("import ui.train_form as f; f.late_change()").run())
    assert at.query_params == {RUN: engine.started[0]}


def test_a_press_of_start_counts_though_the_server_forgot_that_it_showed_the_form(engine):
    sound(AppTest.from_string("import ui.train_form as f; f._start()").run())
    assert len(engine.started) == 1


def test_a_start_that_fails_says_why_and_can_be_tried_again(engine, finished):
    at = visit(TRAIN)
    engine.problem = "No training process could be started: *no memory*."
    sound(widgets(at)["start"].click().run())
    assert engine.problem in told(at.error)
    engine.problem = None
    sound(widgets(at)["start"].click().run())
    assert len(engine.started) == 1
    assert not at.error


def test_edit_opens_the_form_of_a_run_with_the_rates_changed_by_hand(finished, engine):
    database = finished.database()
    with database.write() as db:
        db.execute("INSERT INTO change VALUES (5, 0.0125)")
    database.close()
    at = visit(TRAIN, {RUN: finished.id})
    (edit,) = (button for button in at.button if button.label == "Edit")
    sound(edit.click().run())
    assert spec_of(at) == finished.spec.with_changes({5: 0.0125})
    assert "0.0125 after step 5" in told(at.caption)
    sound(widgets(at)["epochs"].set_value(9).run())
    assert spec_of(at).learning_rate_changes == ((5, 0.0125),)
    sound(widgets(at)["start"].click().run())
    assert RunStore()[engine.started[0]].spec.learning_rate_changes == ((5, 0.0125),)


def test_rates_changed_by_hand_can_be_left_out():
    at = visit(TRAIN, {"learning_rate_changes": "5:0.0125", "epochs": "3"})
    sound(widgets(at)["drop_changes"].click().run())
    assert spec_of(at) == RunSpec.from_flat({"epochs": "3"})
    assert "drop_changes" not in widgets(at)


def test_reconstruct_without_saved_weights_says_what_to_do(queued):
    at = visit(RECONSTRUCT, {RUN: queued.id})
    assert not at.error
    assert "no saved weights yet" in told(at.info)
    assert len(at.info) == len(links(at)) == 1
    assert shown(at) == []


def test_reconstruct_without_the_images_says_what_to_do(undownloaded):
    at = visit(RECONSTRUCT, {RUN: undownloaded.id})
    assert not at.error
    assert "not on this machine" in told(at.info)
    assert shown(at) == []


def test_reconstruct_goes_on_by_itself_as_soon_as_weights_are_saved(
    queued, finished_home, finished
):
    at = visit(RECONSTRUCT, {RUN: finished.id})
    shutil.move(finished.checkpoints, finished.folder / "away")
    sound(at.run())
    assert shown(at) == []
    shutil.move(finished.folder / "away", finished.checkpoints)
    sound(at.run())
    assert shown(at) == ["ael_gallery"]


@pytest.mark.parametrize("name", [n for n in corruptions if corruptions[n].fits((1, 8, 8))])
def test_the_controls_of_reconstruct_write_the_link_that_the_gallery_reads(finished, name):
    at = visit(RECONSTRUCT, {RUN: finished.id})
    sound(widgets(at)["corrupt"].set_value(name).run())
    sound(widgets(at)["noise_seed"].set_value(7).run())
    sound(widgets(at)["order"].set_value("best").run())
    sound(widgets(at)["label"].set_value("3").run())
    (view,) = at.get("bidi_component")
    url = json.loads(view.proto.json)["url"]
    assert f"corruption={name}&" in url
    assert "seed=7&order=best&label=3&" in url
    assert at.query_params[RUN] == finished.id
