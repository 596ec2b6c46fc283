"""Permissions: the groups have those in the table, and the table has the intended effect."""

import pytest
from django.contrib.auth.models import Group, Permission

from observatory.rights import RIGHTS
from tests import factories

pytestmark = pytest.mark.django_db

MAY = {
    # permission: analyst, editor
    "measures.add_measure": (True, True),
    "measures.change_measure": (True, True),
    "measures.delete_measure": (False, True),
    "measures.publish_measure": (False, True),
    "measures.import_measure": (True, True),
    "measures.add_statusevent": (True, True),
    "measures.delete_relation": (True, True),
    "measures.delete_citation": (True, True),
    "measures.change_source": (True, True),
    "measures.delete_source": (False, True),
    "measures.add_capture": (True, True),
    "measures.change_capture": (False, False),
    "measures.delete_capture": (False, False),
    "measures.change_issuingbody": (True, True),
    "measures.delete_issuingbody": (False, True),
    "measures.view_topic": (True, True),
    "measures.change_topic": (False, True),
    "measures.add_targetgroup": (False, True),
    "countries.add_country": (False, True),
    "countries.change_country": (True, True),
    "countries.delete_country": (False, False),
    "countries.add_observation": (True, True),
    "countries.delete_observation": (False, True),
    "countries.delete_mobilityrole": (False, True),
    "countries.change_indicator": (False, True),
    "countries.change_indicatorfeed": (True, True),
    "countries.delete_indicatorfeed": (False, True),
    "countries.start_feedrun": (True, True),
    "countries.decide_feedrun": (False, True),
    "observatory.view_backgroundjob": (True, True),
    "observatory.manage_backgroundjob": (False, True),
    "auth.change_user": (False, False),
    "auth.change_group": (False, False),
    "foundation.add_fileimport": (False, False),
    "foundation.add_revision": (True, True),
    "foundation.view_revision": (True, True),
    "foundation.change_revision": (False, False),
    "foundation.delete_revision": (False, False),
    "foundation.add_comment": (True, True),
    "foundation.change_comment": (False, False),
}


def test_groups_have_the_rights_of_the_table() -> None:
    for name, rights in RIGHTS.items():
        granted = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert set(granted) == {(label, codename) for label, names in rights.items() for codename in names}


def test_every_right_of_the_table_is_a_permission() -> None:
    known = set(Permission.objects.values_list("content_type__app_label", "codename"))
    assert {(label, name) for rights in RIGHTS.values() for label, names in rights.items() for name in names} <= known


@pytest.mark.parametrize("permission", MAY)
def test_who_may(permission: str) -> None:
    found = (factories.analyst().has_perm(permission), factories.editor().has_perm(permission))
    assert found == MAY[permission]
