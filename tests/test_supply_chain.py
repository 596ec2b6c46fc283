"""Dependencies are pinned, and checked against security advisories."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.conf import settings

from tests.observatory.test_lock import pins

FLAW = {
    "schema_version": "1.0.0",
    "id": "PYSEC-0000-1",
    "summary": "A flaw",
    "affected": [
        {
            "package": {"name": "django", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "5.2.20"}]}],
        }
    ],
}


@contextmanager
def advisories(answer: Callable[[dict[str, Any]], tuple[int, Any]]) -> Iterator[str]:
    """The URL of an advisory database that answers each request with `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, found = answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    server.server_close()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("django==5.2.19\nsix==1.17.0\n")
    return path


def audit(lock: Path, url: str, *, seconds: int = 60) -> tuple[int, list[str]]:
    command = [sys.executable, ".ci/audit.py", str(lock), "--osv-url", url, "--seconds", str(seconds)]
    process = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120)
    return process.returncode, [line.removeprefix(f"{lock}: ") for line in process.stdout.splitlines()]


def test_audit_passes_what_nothing_is_known_of(lock: Path) -> None:
    with advisories(lambda _question: (200, {})) as url:
        assert audit(lock, url) == (0, ["2 packages audited, 0 vulnerabilities known"])


def test_audit_fails_for_a_known_vulnerability(lock: Path) -> None:
    with advisories(
        lambda question: (200, {"vulns": [FLAW]} if question["package"]["name"] == "django" else {})
    ) as url:
        assert audit(lock, url) == (
            1,
            ["django 5.2.19: PYSEC-0000-1, mended in: 5.2.20", "2 packages audited, 1 vulnerabilities known"],
        )


@pytest.mark.parametrize("status", [403, 503])
def test_audit_says_that_the_database_refused(lock: Path, status: int) -> None:
    with advisories(lambda _question: (status, {})) as url:
        code, (line,) = audit(lock, url)
    assert code == 0
    assert line.startswith("NOT AUDITED: the advisory database could not be reached")


def test_audit_says_that_there_is_no_network(lock: Path) -> None:
    with advisories(lambda _question: (200, {})) as url:
        pass
    code, (line,) = audit(lock, url)
    assert code == 0
    assert line.startswith("NOT AUDITED: the advisory database could not be reached")


def test_audit_gives_up_on_a_database_that_hangs(lock: Path) -> None:
    over = Event()

    def hang(_question: dict[str, Any]) -> tuple[int, Any]:
        over.wait(60)
        return 200, {}

    with advisories(hang) as url:
        assert audit(lock, url, seconds=8) == (0, ["NOT AUDITED: no answer within 8 seconds"])
        over.set()


def test_audit_fails_for_a_lock_that_cannot_be_read(tmp_path: Path) -> None:
    code, (line,) = audit(tmp_path / "missing.lock", "http://127.0.0.1:1/")
    assert code == 2
    assert line.startswith("pip-audit failed")


@pytest.mark.long
def test_bill_of_materials_names_what_an_installation_consists_of(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    environment = {"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"}
    subprocess.run([".ci/sbom", str(out)], cwd=settings.BASE_DIR, env=environment, check=True, timeout=120)
    bill = json.loads(out.read_text())
    named: dict[str, list[str]] = {}
    for component in bill["components"]:
        named.setdefault(component["name"], []).append(component["version"])
    assert named == pins(settings.BASE_DIR / "deploy/requirements.lock")
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "observatory")
