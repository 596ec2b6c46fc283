"""Supervise processes: start them, restart them when they die, and stop them in order.

Everything runs in one thread, except that each process has a thread that copies its output to the log.
"""

import logging
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Protocol

from observatory.demo import warden

WARDEN = [sys.executable, "-I", "-S", warden.__file__]
LOOKS_EVERY = 0.2
"""Seconds between checks that everything is running."""
PAUSES = (0, 1, 2, 5, 10, 30, 60)
"""Seconds before each restart of a process that keeps dying; the last value repeats."""
LAST_WORDS = 8
"""Seconds that programs have to exit; unfinished work is done again by their successors."""
HEALTHY = 60
"""After this many seconds of running, the restart delay is reset."""
LOG_BYTES, LOG_FILES = 1_000_000, 3


class CannotStart(Exception):
    """Something cannot be started now; the message gives the reason and the remedy."""


class Supervised(Protocol):
    """A process that the supervisor keeps running."""

    name: str

    def start(self) -> None:
        """Start it. Raise CannotStart if that is impossible."""

    def death(self) -> str:
        """How it died, in words; '' while it is running."""

    def ask_to_end(self) -> None:
        """Ask it to exit."""

    def end(self, seconds: float) -> None:
        """Wait up to that many seconds for it to exit, then kill it."""


class Program:
    """A command that runs under a warden, so that it ends with this process; what it says goes to the log."""

    def __init__(self, name: str, command: Sequence[str], log: logging.Logger, *, keeps_open: int) -> None:
        self.name, self.command, self.log = name, command, log
        self.keeps_open = keeps_open
        """A file that stays open until the last of the command's processes has ended."""
        self.last_words = ""
        self.process: subprocess.Popen[bytes] | None = None
        self.ends_by = math.inf

    def start(self) -> None:
        """Start the command. Raise CannotStart if the system refuses."""
        self.ends_by = math.inf
        try:
            self.process = subprocess.Popen(
                [*WARDEN, *self.command],
                stdin=subprocess.PIPE,  # never written to: the warden waits for end of file
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # keep Ctrl-C and hang-up signals from the command; we stop it in order
                pass_fds=[self.keeps_open],
            )
        except OSError as error:
            raise CannotStart(str(error)) from error
        threading.Thread(target=self._listen, args=[self.process], daemon=True).start()

    def death(self) -> str:
        """How the command ended, in words, after killing what it left running; '' while it is running."""
        if self.process is None or (not _has_ended(self.process) and time.monotonic() < self.ends_by):
            return ""
        self._kill()
        code = self.process.returncode if self.process.returncode >= 0 else 128 - self.process.returncode
        return f"was killed by signal {code - 128}" if code > 128 else f"ended with code {code}"

    def ask_to_end(self) -> None:
        """Ask the command to exit."""
        if self.process:
            self.process.terminate()

    def begin_anew(self) -> None:
        """Ask the command to exit, so that it is restarted."""
        self.ask_to_end()
        self.ends_by = min(self.ends_by, time.monotonic() + LAST_WORDS)

    def end(self, seconds: float) -> None:
        """Wait up to that many seconds for the command to exit, then kill it."""
        if self.process:
            deadline = time.monotonic() + seconds
            while not _has_ended(self.process) and time.monotonic() < deadline:
                time.sleep(0.05)
            self._kill()

    def _kill(self) -> None:
        """Kill every process of the command's session. The dead leader's id stays reserved until it is waited for."""
        assert self.process
        assert self.process.stdin
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout
        with process.stdout as lines:
            for line in iter(lambda: lines.readline(10_000), b""):
                if words := line.decode(errors="replace").rstrip():
                    self.last_words = words
                    self.log.info("%s: %s", self.name, words)


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has exited, without releasing its process id."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Supervisor:
    """Keeps the given processes running until it is asked to stop.

    `say` reports to a person what happened, and each change in the result of `faults`.
    """

    def __init__(
        self,
        supervised: Sequence[Supervised],
        *,
        say: Callable[[str], None],
        log_name: Path,
        faults: Callable[[], list[str]] = list,
    ) -> None:
        self.supervised, self.say, self.log_name, self.faults = supervised, say, log_name, faults
        self.known_faults: list[str] = []
        self.is_stopping = False
        self.deaths = {one.name: 0 for one in supervised}
        self.began_at = {one.name: 0.0 for one in supervised}
        self.starts_at: dict[str, float] = {}

    def stop(self) -> None:
        """Make `run` return soon; may be called from a signal handler."""
        self.is_stopping = True

    def start(self) -> None:
        """Start everything."""
        for one in self.supervised:
            self._start(one)

    def run(self) -> None:
        """Restart processes that die, until `stop` is called."""
        while not self.is_stopping:
            for one in self.supervised:
                self._look_after(one)
            self._tell_faults()
            time.sleep(LOOKS_EVERY)

    def end(self, *, seconds: float) -> None:
        """Stop everything, the first ones first; kill everything if that takes longer than `seconds`."""
        for one in self.supervised:
            one.ask_to_end()
        deadline = time.monotonic() + seconds
        for one in self.supervised:
            one.end(max(0, deadline - time.monotonic()))

    def _look_after(self, one: Supervised) -> None:
        if one.name in self.starts_at:
            if time.monotonic() >= self.starts_at[one.name]:
                self._start(one)
        elif how := one.death():
            self._note_death(one, how)

    def _tell_faults(self) -> None:
        faults = self.faults()
        for fault in faults:
            if fault not in self.known_faults:
                self.say(fault)
        if self.known_faults and not faults:
            self.say("Files can be saved again.")
        self.known_faults = faults

    def _start(self, one: Supervised) -> None:
        self.starts_at.pop(one.name, None)
        self.began_at[one.name] = time.monotonic()
        try:
            one.start()
        except CannotStart as error:
            self._note_death(one, f"cannot be started: {error}".rstrip("."))

    def _note_death(self, one: Supervised, how: str) -> None:
        now = time.monotonic()
        if now - self.began_at[one.name] > HEALTHY:
            self.deaths[one.name] = 0
        pause = PAUSES[min(self.deaths[one.name], len(PAUSES) - 1)]
        self.deaths[one.name] += 1
        self.starts_at[one.name] = now + pause
        when = f"in {pause} s" if pause else "now"
        again = f" for the {self.deaths[one.name]}th time" if self.deaths[one.name] > len(PAUSES) // 2 else ""
        self.say(f"The {one.name} {how}{again}. It is started again {when}; the log is {self.log_name}.")


class _Patient(RotatingFileHandler):
    """A log handler that drops lines, and has no other effect, on a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Ignore the error."""


def open_log(path: Path) -> logging.Logger:
    """A log of limited size, however much is written to it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _Patient(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("demo")  # a separate logger: the settings configure logging only for the processes themselves
    log.addHandler(handler)
    return log
