"""Archives for tests: taken in without a child, unpacked, changed, packed again."""

import io
import json
from zipfile import ZIP_DEFLATED, ZipFile

from aecore.runs import sandbox
from aecore.runs.archive import write_archive
from aecore.runs.archive_intake import take_in


def call_here(function, values, limits=None, what=""):
    """As `sandbox.call`, in this process: a child needs seconds to import torch."""
    assert function == "aecore.runs.archive_intake:take_in"
    return json.loads(json.dumps(take_in(**json.loads(json.dumps(values)))))


def without_child(monkeypatch):
    """Let `import_run` do its work in this process."""
    monkeypatch.setattr(sandbox, "call", call_here)


def exported(run) -> dict[str, bytes]:
    """The files of a run's archive by their name in the run's folder."""
    stream = io.BytesIO()
    write_archive(run, stream)
    with ZipFile(stream) as archive:
        return {name.split("/", 1)[1]: archive.read(name) for name in archive.namelist()}


def packed(path, files, kind=ZIP_DEFLATED, prefix=""):
    """A zip file of these contents by name."""
    with ZipFile(path, "w", kind) as archive:
        for name, content in files.items():
            archive.writestr(prefix + name, content)
    return path
