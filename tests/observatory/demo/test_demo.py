"""``manage.py demo`` as its user meets it: a real process, an empty folder, a port, Ctrl-C."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from observatory.embedded.postgres import ensure_server, find_server, stop_server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(data_dir: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--port", str(port)],
        cwd=settings.BASE_DIR,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "DATA_DIR": str(data_dir)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until_ready(demo: subprocess.Popen[str]) -> str:
    """The output up to the end of the greeting; the output so far if it exits or hangs."""
    watchdog = threading.Timer(300, demo.terminate)
    watchdog.start()
    lines = []
    for line in demo.stdout or ():
        lines.append(line)
        if "Ctrl-C" in line:
            break
    watchdog.cancel()
    return "".join(lines)


def until_workers(url: str, count: int) -> None:
    """Wait until that many queue workers are running."""
    with psycopg.connect(url, autocommit=True) as connection:
        for _attempt in range(300):
            if connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (count,):
                return
            time.sleep(0.1)
    raise AssertionError(f"There are not {count} workers.")


def press_ctrl_c(demo: subprocess.Popen[str]) -> str:
    demo.send_signal(signal.SIGINT)
    rest, _ = demo.communicate(timeout=30)
    return rest


@pytest.mark.long
def test_demo_serves_peru_until_ctrl_c_and_a_second_run_keeps_what_it_finds(tmp_path: Path) -> None:
    port = free_port()
    with start(tmp_path, port) as demo:
        assert f"http://127.0.0.1:{port} is ready" in until_ready(demo)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/countries/peru/") as page:
            assert "068-2020-PCM" in page.read().decode()
        assert press_ctrl_c(demo) == ""
    assert find_server(tmp_path) is None

    address = ensure_server(tmp_path)
    try:
        with psycopg.connect(address.url()) as connection:
            connection.execute("UPDATE countries_country SET name_en = 'Peru by hand' WHERE iso3 = 'PER'")
        with start(tmp_path, port) as demo:
            until_ready(demo)
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/countries/peru/") as page:
                assert "Peru by hand" in page.read().decode()
            until_workers(address.url(), 1)
            press_ctrl_c(demo)
        until_workers(address.url(), 0)
        assert find_server(tmp_path) == address
    finally:
        stop_server(tmp_path)


def test_demo_names_another_port_when_its_own_is_taken(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with start(tmp_path, port) as demo:
            output, _ = demo.communicate(timeout=60)
    assert demo.returncode == 1
    assert f"Port {port} is taken. Choose another: make demo PORT={port + 1}" in output
    assert not (tmp_path / "postgres").exists()
