"""EMNIST letters: handwritten letters in MNIST's format, capitals and small ones merged."""

import shutil
import string
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZipFile

from aecore.datasets.base import datasets
from aecore.datasets.torchvision_base import Archive, Half, MnistSource


@datasets.register("emnist_letters")
class EmnistLetters(MnistSource):
    """The split `letters` of Cohen, Afshar, Tapson and van Schaik 2017."""

    title = "EMNIST letters (28×28)"
    summary = (
        "145,600 handwritten letters from A to Z, capital and small ones mixed. "
        "The download is large (560 MB), because it comes with five other sets."
    )
    licence = "no licence stated by its authors (made from NIST Special Database 19)"
    suggested = {"epochs": 8, "batch_size": 256, "learning_rate": 2e-3, "classes": 26}
    torchvision_name = "EMNIST"
    classes = tuple(string.ascii_uppercase)
    train_images = 124_800
    test_images = 20_800
    prefixes = ("emnist-letters-train", "emnist-letters-test")

    def archives(self) -> Sequence[Archive]:
        """One zip of gzip files for all splits of EMNIST."""
        kind = self.torch_class()
        return [Archive((kind.url,), f"{self._raw}/{Path(kind.url).name}", kind.md5)]

    def unpack(self, archive: Path, folder: Path) -> None:
        """Unpack only the letters: the whole zip takes 1.7 GB."""
        wanted = tuple(f"{Path(file).name}.gz" for file in self.files)
        with ZipFile(archive) as packed:
            for name in packed.namelist():
                if name.endswith(wanted):
                    member = folder / Path(name).name
                    with packed.open(name) as source, member.open("wb") as target:
                        shutil.copyfileobj(source, target)
                    super().unpack(member, folder)

    def half(self, root: Path, train: bool) -> Half:
        """Undo EMNIST's transposed images and its labels that count from 1."""
        data = self.torch_class()(root, split="letters", train=train)
        return data.data.transpose(1, 2).unsqueeze(1), data.targets - 1
