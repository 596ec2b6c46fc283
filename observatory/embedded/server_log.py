"""The log of the embedded server: size-limited, and quoted if a start fails."""

from pathlib import Path

NAME = "server.log"
"""The file name in the cluster's folder."""
LOG_BYTES = 1_000_000
"""Above this size it is rotated at the next start."""
LINES = 15
"""Number of lines that an error message quotes."""


def begin_anew_where_long(cluster: Path) -> None:
    """Rotate a long log, replacing the previous one."""
    if size(cluster) > LOG_BYTES:
        (cluster / NAME).replace(cluster / f"{NAME}.1")


def size(cluster: Path) -> int:
    """Size of the log in bytes; 0 if there is none."""
    try:
        return (cluster / NAME).stat().st_size
    except OSError:
        return 0


def end(cluster: Path, began: int = 0) -> str:
    """The last lines after the first `began` bytes, so that messages of earlier starts are not quoted."""
    try:
        log = (cluster / NAME).read_bytes()
    except OSError:
        return ""
    new = log[began:] if began <= len(log) else log  # otherwise it was rotated
    return "\n".join(new.decode(errors="replace").splitlines()[-LINES:])
