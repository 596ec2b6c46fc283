"""Run a command that must not outlive the process that started it: `python warden.py COMMAND…`.

Standard input is a pipe whose other end the starter holds. However the starter ends, kill -9 included, the system
closes that end, and the command is killed with everything that it started. Linux can signal the death of a parent, but
only to the command itself, not to its children, and other systems cannot.

The starter makes this process the leader of a new session. It uses only the standard library, so that it is small and
starts fast.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE = 5
"""Seconds that a command has to exit after its starter has died."""


def main() -> None:
    """Run the command in the arguments and exit with its status."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    starter_is_gone = threading.Event()
    threading.Thread(target=_end_with_starter, args=[child, starter_is_gone], daemon=True).start()
    code = child.wait()
    if starter_is_gone.is_set():
        _end_all()
    sys.exit(code if code >= 0 else 128 - code)


def _end_with_starter(child: subprocess.Popen[bytes], starter_is_gone: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    starter_is_gone.set()
    child.terminate()
    time.sleep(GRACE)
    _end_all()


def _end_all() -> None:
    """End every process of this session, this one too."""
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
