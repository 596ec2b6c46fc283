"""A visitor of the site over HTTP, with cookies: as a browser is, without its script."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urljoin

import urllib3

from tests.admin_forms import held


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content: bytes
    location: str = ""


class Unreachable(Exception):
    """No answer came, or it broke off."""


class Client:
    """Asks pages of one site; follows no redirects. Each request has a connection of its own."""

    def __init__(self, url: str, *, timeout: float = 10) -> None:
        self.url, self.timeout = url, timeout
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        """The page at `path`. Raise Unreachable where none comes in time."""
        return self._ask("GET", path)

    def post(self, path: str, data: Mapping[str, Any]) -> Answer:
        """Send a form. Raise Unreachable where no answer comes in time; it may have been taken all the same."""
        return self._ask("POST", path, urlencode(data, doseq=True))

    def sign_in(self, name: str, password: str) -> None:
        """Be this person from now on."""
        page = "/admin/login/"
        token = held(self.get(page), "login-form")["csrfmiddlewaretoken"]
        answer = self.post(page, {"username": name, "password": password, "csrfmiddlewaretoken": token})
        if answer.status != 302:
            raise AssertionError(f"Signing in as {name} was answered with {answer.status}.")

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        address = urljoin(self.url, path)
        headers = {"Connection": "close", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Referer": address}
        try:
            with urllib3.PoolManager(retries=False) as pool:
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
