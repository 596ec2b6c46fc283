"""The log of the embedded server: kept short, and quoted where a start fails."""

from pathlib import Path

NAME = "server.log"
"""In the cluster's folder."""
LOG_BYTES = 1_000_000
"""Above this it begins anew with the next start."""
LINES = 15
"""Lines that a failure quotes."""


def begin_anew_where_long(cluster: Path) -> None:
    """Put a long log aside, in place of the one before."""
    if size(cluster) > LOG_BYTES:
        (cluster / NAME).replace(cluster / f"{NAME}.1")


def size(cluster: Path) -> int:
    """Bytes of the log; 0 where there is none."""
    try:
        return (cluster / NAME).stat().st_size
    except OSError:
        return 0


def end(cluster: Path, began: int = 0) -> str:
    """The last lines behind the first `began` bytes: those of former starts are the cause of nothing."""
    try:
        log = (cluster / NAME).read_bytes()
    except OSError:
        return ""
    new = log[began:] if began <= len(log) else log  # else it has been begun anew
    return "\n".join(new.decode(errors="replace").splitlines()[-LINES:])
