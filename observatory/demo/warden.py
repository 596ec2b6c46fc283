"""Runs a command that must not outlive the process which starts it: `python warden.py COMMAND…`.

Standard input is a pipe of which the starter holds the other end. However the starter ends, kill -9 included, the
system closes that end, and the command is ended with everything that it started. Linux could tell the command itself
of its parent's death, but neither what the command starts in turn, nor on other systems.

The starter makes this process the leader of a session of its own. It needs the standard library alone, so that it
takes little and starts at once.
"""

import os
import signal
import subprocess
import sys
import threading
import time

GRACE = 5
"""Seconds that a command has to end in order when its starter is gone."""


def main() -> None:
    """Run the command of the arguments and end as it does."""
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
