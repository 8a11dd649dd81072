"""What tests/test_sandbox.py has done in a child."""

import ctypes
import errno
import os
import time
from pathlib import Path

from aecore.errors import CheckpointDamaged, InputError, NewerVersion


def echo(**values):
    os.write(1, b"this must not get into the answer")
    return values


def environment():
    return dict(os.environ)


def refuse(kind):
    raise {"input": InputError, "newer": NewerVersion, "damaged": CheckpointDamaged}[kind](
        "It cannot be."
    )


def fill():
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def fail():
    raise ZeroDivisionError


def take_memory():
    return len(bytearray(3 << 30))


def write(path):
    Path(path).write_bytes(bytes(2 << 20))


def compute():
    while True:
        pass


def sleep():
    time.sleep(1000)


def crash():
    ctypes.string_at(0)
