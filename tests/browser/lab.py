"""The app's server in a process of its own, to be driven, killed and started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil

REPOSITORY = Path(__file__).resolve().parents[2]


class Lab:
    """The app's server as `make run` starts it, on a free port."""

    def __init__(self, home: Path, data: Path, **extra: str) -> None:
        """Start it; `extra` goes into its environment."""
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.environment = {
            **os.environ,
            "AECORE_HOME": str(home),
            "AECORE_DATA": str(data),
        } | extra
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", "app.py"]
        with (self.home.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--server.port", str(self.port)],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.read() == b"ok":
                        return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError((self.home.parent / "server.log").read_text())

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        """Kill it and start it again at once."""
        self.kill()
        self.start()

    def stop(self) -> None:
        """End it, and what it left to go on without it: supervisor and workers."""
        self.process.terminate()
        self.process.wait(20)
        for process in psutil.process_iter(["environ"]):
            ours = (process.info["environ"] or {}).get("AECORE_HOME") == str(self.home)
            if ours and process.pid != os.getpid():
                with suppress(psutil.NoSuchProcess):
                    process.kill()
