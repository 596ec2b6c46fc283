"""Who guesses passwords meets a closed door, and nobody else does."""

import pytest
from django.contrib.auth.models import User
from django.test import Client


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
