"""The page to compare with: three `st.plotly_chart` of the same places, and a lasso's count.

`streamlit run` draws it; `Served` starts that in a process of its own.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

PLACES = "BENCH_PLACES"


class Served:
    """The page on a free port, as a context manager that gives its address."""

    def __init__(self, folder: Path, places: np.ndarray[Any, Any]) -> None:
        """places: (3, n, 2)."""
        self.file = folder / "places.npy"
        np.save(self.file, places)

    def __enter__(self) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "streamlit", "run", __file__, "--server.port", str(port),
                   "--server.headless", "true"]  # fmt: skip
        self.process = subprocess.Popen(
            command,
            env={**os.environ, PLACES: str(self.file)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        url = f"http://localhost:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
                return url
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the page to compare with did not start")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait()


def page() -> None:
    """Three charts with one trace each; what is selected in the first is counted."""
    import plotly.graph_objects as go
    import streamlit as st

    st.set_page_config(layout="wide")
    places = np.load(os.environ[PLACES])
    for at, column in enumerate(st.columns(3)):
        figure = go.Figure(go.Scattergl(x=places[at, :, 0], y=places[at, :, 1], mode="markers"))
        figure.update_layout(dragmode="lasso", height=400)
        event = column.plotly_chart(figure, key=f"chart-{at}", on_select="rerun")
        if at == 0:
            count = len(event["selection"]["point_indices"])
    st.subheader(f"{count:,} selected")


if __name__ == "__main__":
    page()
