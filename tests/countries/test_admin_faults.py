"""Constraint violations are reported at the field to correct."""

import pytest
from django.urls import reverse

from tests import admin_forms, factories
from tests.clients import signed_in

pytestmark = pytest.mark.django_db


def test_broken_rules_stand_at_their_fields() -> None:
    client = signed_in(factories.editor())
    role = {"country": factories.country().pk, "role": factories.role().pk, "as_of": "2024", "source_name": "Profile"}
    page = client.post(reverse("admin:countries_mobilityrole_add"), role)
    assert admin_forms.errors_by_field(page) == {"narrative_en": ["Write the narrative in at least one language."]}
    assert [fault["id"] for fault in page.context["faults"]] == ["id_narrative_en"]
