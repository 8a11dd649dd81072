"""The layers and the limits of the code, read from the code itself."""

import ast
import re
from pathlib import Path
from sys import stdlib_module_names

import pytest

ROOT = Path(__file__).parents[1]
CORE, UI, PAGES = (sorted((ROOT / name).rglob("*.py")) for name in ("aecore", "ui", "pages"))
APP = [ROOT / "app.py", *CORE, *UI, *PAGES]
SCRIPTS = sorted((ROOT / "ui" / "components").glob("*.js"))

LAYERS = (
    ("errors",),
    ("config", "registry", "paths", "samples"),
    ("glyphs",),
    ("datasets", "corruptions", "networks", "projections"),
    ("models",),
    ("training", "metrics"),
    ("compression", "detection", "restoration"),
    ("runs",),
    ("maps", "latent", "intake"),
    ("fitting",),
    ("sklearn",),
    ("reports",),
    ("catalog",),
    ("jobs",),
    ("cli",),
    ("__main__",),
)
"""The parts of aecore: each may import what stands above it, and nothing beside or below it."""

MOST_LINES = 250
MOST_IN_A_FUNCTION = 40
FORBIDDEN = (
    r"\btorch\.load\(",
    r"\bpickle\b",
    r"\ballow_pickle\s*=\s*True",
    r"\bextractall\b",
    r"\bshell\s*=\s*True",
    r"\bunsafe_allow_html\b",
    r"\bunsafe_allow_javascript\b",
    r"\b(st\.html|components\.v1)\b",
    r"(?<!\.)\b(eval|exec)\(",
)


def imports(path):
    """(line, module) of every import of a file, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{where(path, node.lineno)}: imports are absolute here"
            for alias in node.names:
                # `from aecore import runs` imports aecore.runs
                whole = node.module in ("aecore", "ui")
                yield node.lineno, f"{node.module}.{alias.name}" if whole else node.module


def where(path, line):
    return f"{path.relative_to(ROOT)}:{line}"


def imported(paths, *tops):
    """Where files import one of these packages."""
    return [
        f"{where(path, line)} imports {module}"
        for path in paths
        for line, module in imports(path)
        if module.split(".")[0] in tops
    ]


def attributes(paths, *names):
    """Where files touch an attribute of one of these names."""
    return [
        where(path, node.lineno)
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in names
    ]


def part_of(module):
    """The part of aecore that a module belongs to; None for aecore itself."""
    parts = module.split(".")
    names = {name for layer in LAYERS for name in layer}
    return parts[1] if len(parts) > 1 and parts[1] in names else None


def test_the_core_knows_no_user_interface():
    assert imported(CORE, "streamlit", "starlette", "uvicorn", "plotly", "ui", "pages", "app") == []


def test_every_part_of_the_core_has_a_layer():
    names = {path.relative_to(ROOT / "aecore").parts[0].removesuffix(".py") for path in CORE}
    assert names - {"__init__"} == {name for layer in LAYERS for name in layer}


def test_every_part_of_the_core_imports_only_what_stands_above_it():
    height = {name: index for index, layer in enumerate(LAYERS) for name in layer}
    wrong = []
    for path in CORE:
        part = path.relative_to(ROOT / "aecore").parts[0].removesuffix(".py")
        for line, module in imports(path):
            other = part_of(module) if module.split(".")[0] == "aecore" else None
            if other is None or part in (other, "__init__"):
                continue
            if height[other] >= height[part]:
                wrong.append(f"{where(path, line)}: {part} imports {other}")
    assert wrong == []


def test_the_user_interface_does_not_import_pages():
    assert imported(UI, "pages", "app") == []


def test_pages_import_only_the_user_interface_the_core_and_streamlit():
    allowed = {"ui", "aecore", "streamlit", "__future__", *stdlib_module_names}
    wrong = [
        f"{where(path, line)} imports {module}"
        for path in PAGES
        for line, module in imports(path)
        if module.split(".")[0] not in allowed
    ]
    assert wrong == []


def test_only_the_selection_touches_what_a_tab_remembers():
    others = [path for path in [*UI, *PAGES] if path.name != "selection.py"]
    touched = attributes(others, "session_state", "query_params")
    # A request has query parameters too, and those are no state.
    routes = (ROOT / "ui" / "routes.py").read_text().splitlines()
    requests = {f"ui/routes.py:{i}" for i, text in enumerate(routes, 1) if "request.query" in text}
    assert set(touched) - requests == set()
    assert attributes([ROOT / "ui" / "selection.py"], "session_state")


def test_runs_are_opened_in_one_place_which_asks_whose_they_are():
    others = [path for path in [*UI, *PAGES] if path != ROOT / "ui" / "access.py"]
    named = [
        where(path, node.lineno)
        for path in others
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Name | ast.alias)
        and "RunStore" in (getattr(node, "id", ""), getattr(node, "name", ""))
    ]
    stores = [f"{where(path, line)}" for path in others for line, module in imports(path)
              if module.startswith("aecore.runs.store")]  # fmt: skip
    opened = attributes(others, "RunStore")
    assert named + stores + opened == []


def test_streamlits_caches_are_used_in_one_place():
    others = [path for path in [*UI, *PAGES] if path.name != "resources.py"]
    assert attributes(others, "cache_data", "cache_resource") == []


@pytest.mark.parametrize("path", APP, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    long = [
        f"{where(path, node.lineno)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= MOST_IN_A_FUNCTION
    ]
    assert long == []


@pytest.mark.parametrize("path", APP, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_runs_what_a_file_or_a_person_brought(path):
    lines = enumerate(path.read_text().splitlines(), 1)
    wrong = [f"{where(path, i)}: {t}" for i, t in lines for p in FORBIDDEN if re.search(p, t)]
    assert wrong == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_load_nothing_from_elsewhere_and_write_no_html(path):
    text = path.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")  # a name, no address
    for word in ("http://", "https://", 'src="//', "innerHTML", "outerHTML", "insertAdjacentHTML",
                 "document.write", "eval(", "new Function"):  # fmt: skip
        assert word not in text, word


def test_the_walk_sees_what_it_should():
    assert len(CORE) > 50
    assert len(UI) > 10
    assert len(PAGES) >= 3
    assert len(SCRIPTS) >= 3
    assert imported(UI, "streamlit")
    assert imported(CORE, "torch")
