"""The port the web server listens on, and the question whether it answers."""

from __future__ import annotations

import errno
import os
import socket
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"


def wanted_port() -> int:
    """The port from the environment; raises ValueError with a message for people."""
    text = os.environ.get("PORT", "8000")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError(f"PORT must be a number from 1 to 65535, not '{text}'.")
    return int(text)


def bind(port: int) -> socket.socket:
    """Take the port without listening yet, so that nobody else can; raises OSError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        raise
    return listener


def port_problem(port: int) -> str | None:
    """Why the port cannot be used, or None."""
    try:
        bind(port).close()
    except OSError as error:
        return explain_port(port, error)
    return None


def explain_port(port: int, error: OSError) -> str:
    """The message for a port that could not be taken."""
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is already in use by another program. "
            f"Choose another one, for example: PORT={port + 1} python3 run.py"
        )
    return f"Port {port} cannot be used: {error.strerror}."


def bind_patiently(port: int, seconds: float) -> socket.socket:
    """Take the port, waiting for a predecessor that is still stopping."""
    end = time.monotonic() + seconds
    while True:
        try:
            return bind(port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > end:
                raise
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own http address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
