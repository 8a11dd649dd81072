"""The training process on a node of a Ray cluster: the usual worker, which ends with its agent.

`python -m aecore.jobs.ray_worker AGENT_PID RUN …`. Without the agent nobody fetches what it does.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from aecore.jobs import worker


def _watch(agent: int) -> None:
    while os.getppid() == agent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_watch, args=(int(sys.argv.pop(1)),), daemon=True).start()
    sys.exit(worker.main())
