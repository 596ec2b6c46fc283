"""Which views answer everybody alike, so that their answers may be kept and shared; see `observatory/caching.py`."""

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

_views: set[Callable[..., Any]] = set()


def public_page(view: View) -> View:
    """Declare that the answers of `view` follow from the address and the public data; above other decorators."""
    _views.add(view)
    return view


def is_public_page(view: Callable[..., Any]) -> bool:
    """Whether `view` was declared so."""
    return view in _views
