"""Who guesses passwords meets a closed door, and nobody else does."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from foundation.publication import public_version
from tests import factories


@pytest.mark.django_db
def test_page_of_sign_in_bears_the_name_of_the_site(client: Client) -> None:
    factories.site(name_en="Water Observatory")
    public_version()  # reads the site along
    page = client.get("/admin/login/").text
    assert page.count("Water Observatory") == 2  # title and head
    assert "testserver" not in page


@pytest.mark.django_db
def test_sign_in_closes_after_five_wrong_passwords_for_that_name_and_address(client: Client) -> None:
    for name in ("ana", "eva"):
        User.objects.create_user(name, password="the right one", is_staff=True)
    wrong = {"username": "ana", "password": "guess"}
    assert [client.post("/admin/login/", wrong).status_code for _ in range(5)] == [200, 200, 200, 200, 429]

    closed = client.post("/admin/login/", {"username": "ana", "password": "the right one"})
    assert closed.status_code == 429
    assert "Wait 15 minutes" in closed.text
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.post("/admin/login/", {"username": "ana", "password": "the right one"}).status_code == 302
    assert client.post("/admin/login/", {"username": "eva", "password": "the right one"}).status_code == 302
