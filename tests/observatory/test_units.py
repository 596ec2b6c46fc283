"""The services of `deploy/` hold what a process needs, and nothing more."""

from collections import defaultdict

import pytest
from django.conf import settings

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


def directives(name: str) -> dict[str, list[str]]:
    """What a unit says, by directive; a value may go on over several lines."""
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
