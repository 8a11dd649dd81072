"""What is loaded before the first page: pages run in threads, and Plotly breaks off where another
thread is half through loading pandas (`partially initialized module 'pandas'`)."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import plotly.graph_objects as go
import pytest

APP = Path(__file__).parents[1]


def test_pandas_is_there_once_the_app_is_imported():
    code = "import sys, app; sys.exit(not hasattr(sys.modules.get('pandas'), 'Series'))"
    subprocess.run([sys.executable, "-c", code], cwd=APP, check=True, capture_output=True)


def test_plotly_breaks_off_where_pandas_is_half_loaded(monkeypatch):
    """Once it does not any more, app.py need not load pandas."""
    monkeypatch.setitem(sys.modules, "pandas", ModuleType("pandas"))
    with pytest.raises(AttributeError, match="pandas"):
        go.Figure(go.Bar(x=[1, 2], y=[3, 4])).to_json()
