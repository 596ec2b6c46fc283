"""Error pages: in the site's look, in the page's language, with ways on."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import translation

from observatory.urls import urlpatterns as site


def _forbid(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def _break(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("forbidden/", _forbid), path("broken/", _break), *site]


def _translated(text: str, language: str) -> str:
    with translation.override(language):
        return translation.gettext(text)


@pytest.mark.parametrize("language", ["en", "es", "pt"])
def test_page_not_found_gives_ways_on(client: Client, language: str) -> None:
    prefix = "" if language == "en" else f"/{language}"
    response = client.get(f"{prefix}/nowhere/")
    assert response.status_code == 404
    assert f"<h1>{_translated('Page not found', language)}</h1>" in response.text
    for way in ("/", "/countries/", "/measures/"):
        assert f'href="{prefix}{way}"' in response.text


@pytest.mark.django_db  # the name of the site
@override_settings(ROOT_URLCONF=__name__)
def test_not_allowed(client: Client) -> None:
    response = client.get("/forbidden/")
    assert response.status_code == 403
    assert "<h1>Not allowed</h1>" in response.text


def test_form_without_token_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post("/es/admin/login/", {"username": "ana"})
    assert response.status_code == 403
    assert f"<h1>{_translated('Form expired', 'es')}</h1>" in response.text


def test_request_for_another_host_is_explained(client: Client) -> None:
    response = client.get("/", headers={"host": "elsewhere.example.org"})
    assert response.status_code == 400
    assert "<h1>Bad request</h1>" in response.text


@override_settings(ROOT_URLCONF=__name__)
def test_broken_page_is_explained_without_a_database() -> None:
    """Without the mark of the database, a query would fail the test."""
    response = Client(raise_request_exception=False).get("/broken/")
    assert response.status_code == 500
    assert "<h1>Something went wrong</h1>" in response.text
    assert "ZeroDivisionError" not in response.text
