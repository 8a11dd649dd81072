"""Connections to a socket like the one that Streamlit listens on are answered promptly."""

import socket

from ui.promptly import answer_promptly


def nodelay(listening: socket.socket) -> bool:
    """Whether Nagle's algorithm is off for who connects now."""
    with socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            return bool(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


def test_who_connects_afterwards_is_answered_without_nagles_algorithm():
    with socket.socket(family=socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert not nodelay(listening)
        answer_promptly()
        assert nodelay(listening)
