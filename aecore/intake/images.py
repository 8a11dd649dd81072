"""Images: a zip of them, a zip of class folders, or image files side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.intake.base import Intake, Taken, intakes
from aecore.intake.fitting import Fit, Size, check_total, stated, target, written
from aecore.intake.gathering import ALL, File, gathered
from aecore.intake.picture import RULES, Background
from aecore.intake.reading import Colour, Seen, encoded, read_all, sizes_of, spread, stacked

MOST_CLASSES = 1000
LOOKED_AT, LOOK_SECONDS = 200, 3.0
"""How many images a look decodes at most, and how long it may take over them."""
MEASURED = 2000
"""Images whose size a look reads from their headers."""
PREVIEWS = 8


@intakes.register("images")
class Images(Intake):
    """Folders are classes; every image is brought to one size, and to grey or to colour."""

    title = "Images"
    idea = (
        "A zip of images, with a folder for each class if there are classes, or many image files "
        "at once: PNG, JPEG, WebP, BMP or GIF."
    )
    suffixes = (".zip", ".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")

    class Config(Settings):
        """How images of many kinds become images of one kind."""

        side: int = knob(
            0,
            "Side in pixels that every image is brought to; 0 takes the most frequent size if it "
            "is small, else 64.",
            low=0,
            high=256,
        )
        fit: Fit = knob(
            "pad",
            "What becomes of images with other proportions: framed (pad), cut at the sides (crop) "
            "or stretched.",
        )
        colour: Colour = knob(
            "auto",
            "Whether images are kept in grey or in colour; auto keeps grey where every image is "
            "grey.",
        )
        background: Background = knob(
            "black", "What transparent images are laid over, and what frames are filled with."
        )

    config: Config

    def look(self, paths: list[Path], names: list[str]) -> dict[str, Any]:
        """Beside the usual: "classes" and "sizes" with their counts, "shape" (C, H, W), "rules",
        "skipped" by reason, "skipped_names" (name, reason) of the first few, and "examined",
        the number of images that it rests on."""
        with gathered(paths, names) as files:
            _check_classes(file.folder for file in files)
            sizes = sizes_of(spread(files, MEASURED))
            size = target(sizes, self.config.side)
            seen = self._read(spread(files, LOOKED_AT), size, LOOK_SECONDS)
        channels = self._channels(seen)
        check_total(len(files), channels, size)
        counts = Counter(file.folder for file in files)
        return {
            "summary": _summary(counts, sizes, seen),
            "count": len(files),
            "classes": dict(sorted(counts.items())),
            "sizes": [[written(each), count] for each, count in sizes.most_common(8)],
            "shape": [channels, *size],
            "rules": self._rules(files, sizes, size, seen),
            "skipped": dict(seen.tally.reasons),
            "skipped_names": [list(each) for each in seen.tally.first],
            "examined": seen.tally.total,
            "previews": [encoded(pixels) for pixels in spread(seen.pixels, PREVIEWS)],
        }

    def take(self, paths: list[Path], names: list[str]) -> Taken:
        with gathered(paths, names) as files:
            _check_classes(file.folder for file in files)
            sizes = sizes_of(files)
            size = target(sizes, self.config.side)
            check_total(sizes.total(), 1, size)
            seen = self._read(files, size)
        channels = self._channels(seen)
        check_total(len(seen.pixels), channels, size)
        classes = tuple(sorted(set(seen.folders)))
        number = {name: place for place, name in enumerate(classes)}
        return Taken(
            kind="image",
            samples=stacked(seen.pixels, channels),
            labels=np.array([number[folder] for folder in seen.folders], np.int64),
            classes=classes,
            label="" if classes == (ALL,) else "folder",
            rules=tuple(self._rules(files, sizes, size, seen)),
            skipped=dict(seen.tally.reasons),
        )

    def _read(self, files: Sequence[File], size: Size, seconds: float = float("inf")) -> Seen:
        chosen = self.config
        return read_all(files, size, chosen.fit, chosen.colour, chosen.background, seconds)

    def _channels(self, seen: Seen) -> int:
        colour = self.config.colour
        return 3 if colour == "colour" or (colour == "auto" and seen.coloured) else 1

    def _rules(
        self, files: Sequence[File], sizes: Counter[Size], size: Size, seen: Seen
    ) -> list[str]:
        chosen, rules = self.config, []
        if any(file.folder != ALL for file in files):
            rules.append(
                "The class of an image is the folder that it lies in; folders of the same name "
                "are one class."
            )
        rules.append(stated(sizes, size, chosen.side, chosen.fit, chosen.background))
        rules.append(self._colour_rule(seen))
        applied = (sentence for note, sentence in RULES.items() if seen.notes[note])
        return rules + [sentence.format(background=chosen.background) for sentence in applied]

    def _colour_rule(self, seen: Seen) -> str:
        if self.config.colour == "grey":
            return "Images were kept in grey: 0.299 red + 0.587 green + 0.114 blue."
        if self.config.colour == "colour":
            return "Images were kept in colour."
        if seen.coloured:
            some = f"{seen.coloured:,} of {len(seen.pixels):,}"
            return f"Images were kept in colour, since {some} are in colour."
        return "Images were kept in grey, since all of them are grey."


def _check_classes(folders: Iterable[str]) -> None:
    count = len(set(folders))
    if count > MOST_CLASSES:
        raise InputError(
            f"Its images lie in {count:,} folders, and each folder is a class; give at most "
            f"{MOST_CLASSES:,}, or all images in one folder."
        )


def _summary(counts: Counter[str], sizes: Counter[Size], seen: Seen) -> list[str]:
    total, examined = counts.total(), seen.tally.total
    found = [f"{total:,} files in {len(counts):,} classes." if len(counts) > 1
             else f"{total:,} files without classes."]  # fmt: skip
    if len(sizes) == 1:
        found.append(f"All are {written(next(iter(sizes)))} pixels large.")
    elif sizes:
        frequent, count = sizes.most_common(1)[0]
        found.append(
            f"{len(sizes):,} different sizes; the most frequent is {written(frequent)} pixels "
            f"({count:,} of {sizes.total():,})."
        )
    if skipped := seen.tally.sentence():
        found.append(skipped)
    if examined < total:
        found.append(
            f"This rests on {examined:,} of {total:,} files, evenly chosen, the sizes on "
            f"{sizes.total():,}."
        )
    return found
