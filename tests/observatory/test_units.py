"""The systemd units in `deploy/` allow what a process needs, and nothing more."""

from collections import defaultdict

import pytest
from django.conf import settings

from foundation import confined
from measures.archive import pictures
from observatory.management.commands.serve import FILES, OPTIONS

EACH = {
    "User": "observatory",
    "UMask": "0077",
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "ProtectHome": "true",
    "ProtectSystem": "strict",
    "ProtectProc": "invisible",
    "ProtectClock": "true",
    "ProtectHostname": "true",
    "ProtectKernelLogs": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelTunables": "true",
    "ProtectControlGroups": "true",
    "LockPersonality": "true",
    "RestrictRealtime": "true",
    "RestrictSUIDSGID": "true",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
}
LIMITS = ("MemoryMax", "TasksMax", "LimitNOFILE")
OWN = 1_000_000_000
"""Bytes of memory for the programs themselves, their caches among them."""


def directives(name: str) -> dict[str, list[str]]:
    """The settings of a unit by directive; values may span several lines."""
    text = (settings.BASE_DIR / "deploy" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[str, list[str]] = defaultdict(list)
    for line in text.splitlines():
        key, is_directive, value = line.partition("=")
        if is_directive and not line.startswith("#"):
            found[key].append(value)
    return found


@pytest.mark.parametrize("name", ["observatory.service", "observatory-worker.service"])
def test_each_service_is_shut_in(name: str) -> None:
    said = directives(name)
    assert {key: said[key] for key in EACH} == {key: [value] for key, value in EACH.items()}
    assert all(said[limit] and said[limit] != ["infinity"] for limit in LIMITS)
    assert said["SystemCallFilter"][0].split()[0] == "@system-service"
    assert set(said["RestrictAddressFamilies"][0].split()) <= {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}


def _memory(name: str) -> int:
    value = directives(name)["MemoryMax"][0]
    assert value.endswith("G")
    return int(value[:-1]) * 2**30


def test_memory_holds_all_that_strangers_bytes_may_take_at_a_time() -> None:
    """Otherwise the kernel would kill a site process because of a large document."""
    of_process = confined.AT_ONCE * confined.Bounds().memory
    started = directives("observatory.service")["ExecStart"][0].split()
    web_workers = int(started[started.index("--workers") + 1])
    assert _memory("observatory.service") >= web_workers * of_process + OWN
    assert _memory("observatory-worker.service") >= of_process + pictures.AT_ONCE * pictures.MEMORY + OWN


@pytest.mark.parametrize("name", ["observatory.service", "observatory-worker.service"])
def test_what_passes_the_memory_ends_alone(name: str) -> None:
    assert directives(name)["OOMPolicy"] == ["continue"]


@pytest.mark.parametrize("name", ["observatory.service", "observatory-worker.service"])
def test_no_directive_takes_back_an_earlier_one(name: str) -> None:
    """Except for lists, the last of two directives with the same name wins."""
    repeated = {key for key, values in directives(name).items() if len(values) > 1}
    assert repeated <= {"SystemCallFilter"}


def test_the_site_may_open_as_many_files_as_it_asks_for() -> None:
    assert directives("observatory.service")["LimitNOFILE"] == [str(FILES)]


def test_the_site_makes_no_namespace_no_code_and_no_netlink() -> None:
    said = directives("observatory.service")
    assert said["RestrictNamespaces"] == said["MemoryDenyWriteExecute"] == ["true"]
    assert said["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert "AF_NETLINK" not in said["RestrictAddressFamilies"][0]


def test_the_worker_leaves_chromium_its_own_sandbox() -> None:
    said = directives("observatory-worker.service")
    assert {"user", "pid", "net"} <= set(said["RestrictNamespaces"][0].split())
    assert {"@mount", "seccomp"} <= set(said["SystemCallFilter"][0].split())
    assert "MemoryDenyWriteExecute" not in said


@pytest.mark.parametrize("name", ["observatory.service", "observatory-worker.service"])
def test_no_service_knows_the_owner_of_the_database(name: str) -> None:
    assert directives(name)["EnvironmentFile"] == ["/etc/observatory.env"]
    assert "MIGRATION_DATABASE_URL=" not in (settings.BASE_DIR / "deploy" / "env.example").read_text(encoding="utf-8")


def test_proxy_cuts_off_as_the_site_does() -> None:
    said = dict(line.split(maxsplit=1) for line in _proxy().splitlines() if len(line.split()) == 2)
    (header,) = (option for option in OPTIONS if option.startswith("--http1-header-read-timeout="))
    assert f"{said['read_header'].removesuffix('s')}000" == header.partition("=")[2]
    assert said["max_size"] == f"{settings.UPLOAD_BYTES // 1_000_000}MB"
    assert {"read_body", "write", "idle"} <= said.keys()


def _proxy() -> str:
    return (settings.BASE_DIR / "deploy" / "Caddyfile").read_text(encoding="utf-8")
