"""Processes that are to run as long as this one does: started, started again when they die, ended in order.

Everything here happens in one thread, but for what the processes say, which a thread each carries into the log.
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
"""Seconds between two looks at whether everything runs."""
PAUSES = (0, 1, 2, 5, 10, 30, 60)
"""Seconds before each new start of what dies again and again; the last one for good."""
LAST_WORDS = 8
"""Seconds that programs may take to end; what they have not finished must be redone by the next ones."""
HEALTHY = 60
"""After so many seconds of life a death counts as the first one."""
LOG_BYTES, LOG_FILES = 1_000_000, 3


class CannotStart(Exception):
    """Something cannot be started now; the message says why and what helps."""


class Supervised(Protocol):
    """What the supervisor keeps running."""

    name: str

    def start(self) -> None:
        """Start it. Raise CannotStart where that cannot be."""

    def death(self) -> str:
        """How it died, in words, when it has; '' while it lives."""

    def ask_to_end(self) -> None:
        """Have it end in order."""

    def end(self, seconds: float) -> None:
        """Wait so long for it to end, then end it."""


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
        """Start the command. Raise CannotStart where the system refuses."""
        self.ends_by = math.inf
        try:
            self.process = subprocess.Popen(
                [*WARDEN, *self.command],
                stdin=subprocess.PIPE,  # never written to: its end is what the warden waits for
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C and a closed terminal are for us, who end the others in order
                pass_fds=[self.keeps_open],
            )
        except OSError as error:
            raise CannotStart(str(error)) from error
        threading.Thread(target=self._listen, args=[self.process], daemon=True).start()

    def death(self) -> str:
        """How the command ended, in words; what it has left running is ended then. '' while it lives."""
        if self.process is None or (not _has_ended(self.process) and time.monotonic() < self.ends_by):
            return ""
        self._kill()
        code = self.process.returncode if self.process.returncode >= 0 else 128 - self.process.returncode
        return f"was killed by signal {code - 128}" if code > 128 else f"ended with code {code}"

    def ask_to_end(self) -> None:
        """Have the command end in order."""
        if self.process:
            self.process.terminate()

    def begin_anew(self) -> None:
        """Have the command end soon, so that it is started again."""
        self.ask_to_end()
        self.ends_by = min(self.ends_by, time.monotonic() + LAST_WORDS)

    def end(self, seconds: float) -> None:
        """Wait so long for the command to end, then kill it."""
        if self.process:
            deadline = time.monotonic() + seconds
            while not _has_ended(self.process) and time.monotonic() < deadline:
                time.sleep(0.05)
            self._kill()

    def _kill(self) -> None:
        """End every process of the command's session. The dead leader holds their number until it is waited for."""
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
    """Whether it has, without letting go of its number."""
    if process.returncode is not None:
        return True
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


class Supervisor:
    """Keeps what it is given running until it is asked to stop; `say` tells a person what happened, and each change of
    what `faults` finds to be amiss."""

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
        """Have `run` return soon; may be called by the handler of a signal."""
        self.is_stopping = True

    def start(self) -> None:
        """Start everything."""
        for one in self.supervised:
            self._start(one)

    def run(self) -> None:
        """Start again what dies, until `stop` is called."""
        while not self.is_stopping:
            for one in self.supervised:
                self._look_after(one)
            self._tell_faults()
            time.sleep(LOOKS_EVERY)

    def end(self, *, seconds: float) -> None:
        """End everything, the first ones first, and all at once where they take longer than that."""
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
    """A log that loses lines, and nothing else, where the disk is full."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on."""


def open_log(path: Path) -> logging.Logger:
    """A log that stays small, whoever writes much into it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = _Patient(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.Logger("demo")  # of its own: what the settings say of logging is for the processes themselves
    log.addHandler(handler)
    return log
