"""The command line: `python -m aecore COMMAND`.

Exit status: 0 when it worked (a paused run included), 2 where what was asked for cannot work,
1 where a run failed or the disk refused. Errors are one sentence on standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from aecore.cli.output import complain
from aecore.cli.parser import read
from aecore.errors import AecoreError, InputError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Returns its exit status; only --help and --version leave by SystemExit."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that lacks a letter shows "?" for it
            stream.reconfigure(errors="replace")
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except InputError as error:
        return complain(error, 2)
    except AecoreError as error:
        return complain(error, 1)
    except KeyboardInterrupt:
        return complain("Interrupted.", 1)
    except BrokenPipeError:  # `… | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0


def _dispatch(argv: list[str]) -> int:
    arguments = read(argv)
    module, function = arguments.handler.split(":")
    # Only now is torch imported, so that --help need not wait for it.
    status: int = getattr(import_module(f"aecore.cli.{module}"), function)(arguments)
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
