"""Report known vulnerabilities in locked packages: .ci/audit.py deploy/requirements.lock requirements.lock

Fails on each known vulnerability. If the advisory database (osv.dev) cannot be reached, it says so and passes: a
missing network is no reason to block a commit. If pip-audit asked the package index instead, it would read "package
unknown" as "no known vulnerability", and a mirror answers that for everything.
"""

import argparse
import json
import re
import subprocess
import sys
from typing import Any

UNREACHABLE = re.compile(r"^(requests\.exceptions\.|pip_audit\._service\.interface\.|.*Could not connect to OSV)")


def main() -> int:
    """Zero unless a vulnerability is known or a lock cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("locks", nargs="+")
    parser.add_argument("--osv-url", default="https://api.osv.dev/v1/query")
    parser.add_argument("--seconds", type=int, default=240, help="for each lock, after which the audit is given up")
    options = parser.parse_args()
    return max([_audited(lock, options) for lock in options.locks])


def _audited(lock: str, options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--no-deps", "--disable-pip"]
    database = ["--vulnerability-service", "osv", "--osv-url", options.osv_url, "--timeout", "10"]
    form = ["--format", "json", "--progress-spinner", "off"]
    try:
        process = subprocess.run(
            [*command, *database, *form], capture_output=True, text=True, timeout=options.seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return _say(0, f"{lock}: NOT AUDITED: no answer within {options.seconds} seconds")
    if process.stdout.startswith("{"):
        return _judged(lock, json.loads(process.stdout)["dependencies"])
    *_others, last = ["", *process.stderr.strip().splitlines()]
    if UNREACHABLE.match(last):
        return _say(0, f"{lock}: NOT AUDITED: the advisory database could not be reached ({last[:200]})")
    return _say(2, f"{lock}: pip-audit failed: {last}")


def _judged(lock: str, packages: list[dict[str, Any]]) -> int:
    known = [(package, flaw) for package in packages for flaw in package.get("vulns", [])]
    for package, flaw in known:
        remedy = ", ".join(flaw["fix_versions"]) or "none yet"
        _say(1, f"{lock}: {package['name']} {package['version']}: {flaw['id']}, mended in: {remedy}")
    for package in packages:
        if reason := package.get("skip_reason"):
            _say(0, f"{lock}: NOT AUDITED: {package['name']}: {reason}")
    audited = sum("skip_reason" not in package for package in packages)
    return _say(1 if known else 0, f"{lock}: {audited} packages audited, {len(known)} vulnerabilities known")


def _say(code: int, words: str) -> int:
    sys.stdout.write(words + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
