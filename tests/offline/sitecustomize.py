"""No network: with this folder on PYTHONPATH a process reaches nothing but its own machine.

Python imports it by its name when it starts. What is tried is written to AECORE_TEST_TRIED (as long
as the process keeps that variable), one address a line.
"""

import os
import socket

HERE = (None, "", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::")
_connect, _look_up = socket.socket.connect, socket.getaddrinfo


def _tried(address):
    if path := os.environ.get("AECORE_TEST_TRIED"):
        with open(path, "a") as log:
            log.write(f"{address}\n")


def getaddrinfo(host, *rest, **named):
    name = host.decode() if isinstance(host, bytes) else host
    if name not in HERE:
        _tried(name)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return _look_up(host, *rest, **named)


def connect(self, address):
    if isinstance(address, tuple) and address[0] not in HERE:
        _tried(address[0])
        raise OSError(101, "Network is unreachable")
    return _connect(self, address)


socket.getaddrinfo, socket.socket.connect = getaddrinfo, connect
