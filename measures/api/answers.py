"""What the API answers to what it cannot: problems as RFC 9457 has them, which name each parameter."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.http import Http404
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response

from measures.listing.filters import Problem

MEDIA_TYPE = "application/problem+json"


class WrongParameters(APIException):
    """Parameters that cannot be answered, each with what would be right."""

    status_code = HTTPStatus.BAD_REQUEST

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.errors = [{"parameter": problem.parameter, "detail": problem.message} for problem in problems]
        super().__init__("; ".join(f"{error['parameter']}: {error['detail']}" for error in self.errors))


class Gone(APIException):
    """A record that was withdrawn; the detail is the reason."""

    status_code = HTTPStatus.GONE


class NoRecord(APIException):
    """Something that is named and has no record; the detail says what it is."""

    status_code = HTTPStatus.NOT_FOUND


class OnlyJson(BaseContentNegotiation):
    """JSON for everybody: an answer that depended on `Accept` could not be shared."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return next(iter(parsers), None)

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


def problem(error: Exception, _context: dict[str, Any]) -> Response | None:
    """The answer to an exception; None for those that are faults of ours."""
    if isinstance(error, Http404):
        status, detail = HTTPStatus.NOT_FOUND, "There is no such record."
    elif isinstance(error, APIException):
        status, detail = HTTPStatus(error.status_code), str(error.detail)
    else:
        return None
    body: dict[str, Any] = {"title": status.phrase, "status": int(status), "detail": detail}
    if isinstance(error, WrongParameters):
        body["errors"] = error.errors
    return Response(body, status=int(status), content_type=MEDIA_TYPE)
