"""Calls on strangers' bytes: whatever the function does, the caller goes on, and the next call works."""

import io
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from foundation import confined
from foundation.confined import Bounds, Failed

MODULE = "tests.attacks.misbehaving"


def _call(function: str, data: bytes = b"abc", **arguments: Any) -> Any:
    return confined.call(MODULE, function, io.BytesIO(data), **arguments)


def _helper() -> psutil.Process:
    process = confined._helper._process
    assert process
    return psutil.Process(process.pid)


def test_value_comes_back() -> None:
    assert _call("count", b"x" * 3_000_000) == 3_000_000


@pytest.mark.parametrize(
    ("function", "bounds"),
    [
        ("hang", Bounds(cpu=1)),
        ("wait", Bounds(seconds=1)),
        ("grow", Bounds(memory=300_000_000)),
        ("grow_slowly", Bounds(memory=300_000_000)),
        ("die", Bounds()),
        ("answer_much", Bounds(memory=800_000_000)),
        ("no_such_function", Bounds()),
    ],
)
def test_what_misbehaves_is_ended_and_the_next_call_works(function: str, bounds: Bounds) -> None:
    before = time.monotonic()
    with pytest.raises(Failed):
        _call(function, bounds=bounds)
    assert time.monotonic() - before < 20
    assert _call("count") == 3


def test_no_file_is_written_and_no_password_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    confined._helper.stop()
    monkeypatch.setenv("SECRET_KEY", "secret")
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed):
        _call("write", path=str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == ""
    assert "SECRET_KEY" not in _call("environment")


def test_helper_that_was_killed_is_started_again() -> None:
    assert _call("count") == 3
    first = _helper()
    os.kill(first.pid, signal.SIGKILL)
    assert _call("count") == 3
    assert _helper().pid != first.pid


def test_many_threads_call_at_once_and_nothing_is_left() -> None:
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda number: _call("count", b"x" * number), range(100))) == list(range(100))
    _gone, alive = psutil.wait_procs(_helper().children(), timeout=5)
    assert alive == []
    assert _helper().num_fds() < 20


def test_fork_of_a_process_has_a_helper_of_its_own() -> None:
    assert _call("count") == 3
    child = os.fork()
    if child == 0:
        os._exit(0 if _call("count") == 3 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert _call("count") == 3


def test_web_request_waits_for_no_other_and_short_calls_pass_long_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "PATIENCE", 0.2)
    monkeypatch.setattr(confined, "_helper", confined._Helper())
    confined.serve_requests()
    with ThreadPoolExecutor(1) as pool:
        long_one = pool.submit(_call, "wait", bounds=Bounds(seconds=4))
        while confined._helper.long_slots.acquire(blocking=False):
            confined._helper.long_slots.release()
            time.sleep(0.01)
        with pytest.raises(confined.Unavailable):
            _call("count")
        assert _call("count", bounds=confined.SMALL) == 3
        with pytest.raises(Failed):
            long_one.result()
    assert _call("count") == 3
    confined._helper.stop()
