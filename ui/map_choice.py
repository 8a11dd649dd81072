"""Which maps stand side by side, of this run and of others, and how they are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from aecore.config import Knob, knobs
from aecore.errors import InputError
from aecore.maps import CODE, MapSpec
from aecore.maps.spec import MapConfig
from aecore.models.variational import GaussianVariational
from aecore.projections import projections
from aecore.runs import Run, RunSpec
from ui import resources
from ui.access import see, visitor
from ui.calm import to_the_end
from ui.forms import in_words, knob_widget
from ui.selection import linked, note_in_link, remember, set_widget, widget_value
from ui.words import is_image, numbers_word

MOST_MAPS = 6
TIME = "time"
"""The map that the time machine moves."""
WITH_SETTINGS = ("umap", "tsne")


@dataclass(frozen=True)
class Offer:
    """A map that can be shown; spec: None for TIME; label: of another run, its name."""

    run: Run
    spec: MapSpec | None
    label: str = ""

    @property
    def title(self) -> str:
        """As lists show it."""
        name = "The code over training" if self.spec is None else title_of(self.run, self.spec)
        return f"{name} · {self.label}" if self.label else name

    def panel(self, key: str) -> dict[str, Any]:
        """As the map component has it."""
        told = {"key": key, "run": self.run.id, "label": self.label, "time": self.spec is None}
        if self.spec is None:
            return told
        kind, config = self.run.spec.kind, self.spec.config
        straight = config.of == "code" and self.spec.method in (CODE, "pca")
        return told | {
            "query": urlencode(self.spec.to_flat()),
            "decodes": kind.has_code,
            "spreads": straight and issubclass(kind, GaussianVariational),
            "turns": self.spec.method not in (CODE, "pca"),  # axes of those two mean something
        }


def title_of(run: Run, spec: MapSpec) -> str:
    """What a map is called, after what the numbers of the run's samples are."""
    if spec.config.of == "code" or is_image(run.spec):
        return spec.title
    return f"{projections[spec.method].title} of the {numbers_word(run.spec)}"


def offered(run: Run, others: Mapping[str, str]) -> dict[str, Offer]:
    """The maps that can be shown, by their names in links.

    others: names of other runs by their ids; the maps of their codes are offered too.
    """
    settings = map_settings()
    maps = {name: Offer(run, spec) for name, spec in _specs(run, settings).items()}
    if run.spec.kind.has_code:
        maps[TIME] = Offer(run, None)
    for run_id, name in others.items():
        other = see(visitor(), run_id).run
        for short, spec in _specs(other, settings).items():
            if spec.config.of == "code":
                maps[f"{short}@{run_id}"] = Offer(other, spec, name)
    return maps


def _specs(run: Run, settings: Mapping[str, str]) -> dict[str, MapSpec]:
    model = resources.run_model(run).model
    names = [f"{method}-pixels" for method in projections]
    if model.has_code:
        names = [f"{method}-code" for method in projections] + names
        if model.code_size == 2:
            names = [CODE, *names]
    specs = {}
    for name in names:
        method, _, of = name.partition("-")
        specs[name] = _spec(method, {"of": of} if of else {}, settings)
    return specs


def _spec(method: str, flat: dict[str, str], settings: Mapping[str, str]) -> MapSpec:
    """With the settings that a link carries, such as umap.quality; wrong ones count for nothing."""
    wished = dict(flat)
    for name, value in settings.items():
        scope, _, short = name.partition(".")
        if scope in (method, "map"):
            wished[short] = value
    try:
        return MapSpec.from_flat({"method": method, **wished})
    except InputError:
        return MapSpec.from_flat({"method": method, **flat})


def map_settings() -> dict[str, str]:
    """The settings of maps that the link carries, such as {"umap.quality": "default"}."""
    return dict(parse_qsl(linked("set", "")))


def choose_maps(offers: Mapping[str, Offer]) -> list[str]:
    """Which maps stand side by side; the link says so."""
    usual = [n for n in (CODE, "pca-code", "umap-code", "umap-pixels") if n in offers][:3]
    given = [name for name in linked("maps", ",".join(usual)).split(",") if name in offers]
    set_widget("latent:maps", (given or usual)[:MOST_MAPS])
    st.multiselect(
        "Maps",
        list(offers),
        format_func=lambda name: offers[name].title,
        max_selections=MOST_MAPS,
        key="latent:maps",
        help="All show the same test samples. A map of the code shows what the model made of them, "
        "one of the samples themselves shows what it was given. The code over training follows the "
        "time machine below.",
        on_change=remember,
        args=("maps", "latent:maps"),
    )
    return list(widget_value("latent:maps"))


def settings_menu(spec: RunSpec) -> None:
    """The settings of UMAP and t-SNE, behind a button."""
    settings = map_settings()
    with st.popover("Settings of maps", icon=":material/tune:", help="How the maps are drawn."):
        shared = _spec("pca", {}, settings).config.model_dump()
        _group(spec, "map", [k for k in knobs(MapConfig) if k.name != "of"], shared)
        for method in WITH_SETTINGS:
            st.markdown(f"**{projections[method].title}**")
            st.caption(projections[method].idea)
            values = _spec(method, {}, settings).settings.model_dump()
            _group(spec, method, knobs(projections[method].Config), values)


def _group(spec: RunSpec, scope: str, declared: Iterable[Knob], values: Mapping[str, Any]) -> None:
    for each in declared:
        knob_widget(in_words(spec, each), values[each.name], f"maps:{scope}", _note_setting)


@to_the_end
def _note_setting(name: str, key: str) -> None:
    """Have the link carry a setting; what is as usual needs no word."""
    scope = key.split(":")[1]
    kept = map_settings()
    kept[f"{scope}.{name}"] = str(widget_value(key))
    note_in_link("set", urlencode(kept))
