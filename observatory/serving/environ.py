"""Convert an ASGI scope to a WSGI environment (PEP 3333)."""

import sys
from io import SEEK_END
from typing import IO, Any
from urllib.parse import unquote_to_bytes

Scope = dict[str, Any]


def environ_of(scope: Scope) -> dict[str, Any]:
    """The environment of a request, without its body."""
    address, port = scope["server"]
    environ = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": address,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0],
    }
    for name, value in scope["headers"]:
        _add_header(environ, name.decode("latin-1"), value.decode("latin-1"))
    return environ


def body_in_environ(body: IO[bytes]) -> dict[str, Any]:
    """What a body that has been read adds to the environment."""
    length = body.seek(0, SEEK_END)
    body.seek(0)
    return {"wsgi.input": body, "CONTENT_LENGTH": str(length)}


def _add_header(environ: dict[str, Any], name: str, value: str) -> None:
    """Add a header, unless its name has an underscore.

    WSGI cannot distinguish `X_Forwarded_For`, which any client may send, from `X-Forwarded-For`, which a proxy has set.
    """
    if "_" in name or name in ("content-length", "transfer-encoding"):
        return
    key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
    between = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{between}{value}" if key in environ else value
