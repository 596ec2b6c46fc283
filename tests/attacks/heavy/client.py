"""An HTTP client with cookies, like a browser without JavaScript."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin

import urllib3
from urllib3.filepost import encode_multipart_formdata

from tests.admin_forms import held


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    content: bytes
    location: str = ""


class Unreachable(Exception):
    """There was no response, or it was truncated."""


class Client:
    """Requests pages of one site without following redirects. Each request uses a new connection.

    `address` is the client's own, one of this machine.
    """

    def __init__(self, url: str, *, timeout: float = 10, address: str = "127.0.0.1") -> None:
        self.url, self.timeout, self.address = url, timeout, address
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        """GET `path`. Raise Unreachable on a timeout."""
        return self._ask("GET", path)

    def post(self, path: str, data: Mapping[str, Any]) -> Answer:
        """POST a form. Raise Unreachable on a timeout; the form may have been processed nevertheless."""
        return self._ask("POST", path, urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded")

    def upload(self, path: str, data: Mapping[str, Any]) -> Answer:
        """POST a form with files, each a tuple of name and content; see `post`."""
        return self._ask("POST", path, *encode_multipart_formdata(data))

    def sign_in(self, name: str, password: str) -> None:
        """Sign in for all later requests."""
        page = "/admin/login/"
        token = held(self.get(page), "login-form")["csrfmiddlewaretoken"]
        answer = self.post(page, {"username": name, "password": password, "csrfmiddlewaretoken": token})
        if answer.status != 302:
            raise AssertionError(f"Signing in as {name} was answered with {answer.status}.")

    def _ask(self, method: str, path: str, body: bytes | None = None, media_type: str = "") -> Answer:
        address = urljoin(self.url, path)
        headers = {"Connection": "close", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": media_type, "Referer": address}
        try:
            with urllib3.PoolManager(retries=False, source_address=(self.address, 0)) as pool:
                got = pool.request(
                    method,
                    address,
                    body=body,
                    headers=headers,
                    timeout=self.timeout,
                    redirect=False,
                    decode_content=True,
                )
        except urllib3.exceptions.HTTPError as error:
            raise Unreachable(str(error)) from error
        for line in got.headers.getlist("Set-Cookie"):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
        return Answer(got.status, got.data, got.headers.get("Location", ""))
