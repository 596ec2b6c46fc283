"""No form or imported file answers 500, whatever its fields contain."""

import random
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import reverse
from pytest_django import Settings

from measures.workflow import MOVES
from tests.admin_forms import held
from tests.attacks.nasty_files import CELLS, FILES, NASTY, rows
from tests.attacks.surface import SEED, Visitors, objects

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]

A_FIELD = 1
"""Number of nasty values that the suite draws for each field."""
AT_ONCE = 6
"""Number of fields that get one in the same request: Django cleans each of them, whatever the others contain."""


@pytest.fixture
def known(settings: Settings, tmp_path: Any) -> dict[type[Model], Model]:
    settings.IMPORTS_DIR = tmp_path / "imports"
    return objects()


@pytest.fixture
def visitors(known: dict[type[Model], Model]) -> Visitors:
    return Visitors()


FORMS_OF_NOBODY = {
    "auditentry",
    "release",
    "doublecoding",
    "subscription",
    "backgroundjob",
    "fileimport",
    "feedrun",
    "accessattempt",
    "accesslog",
    "accessfailurelog",
}
"""Models whose records nobody edits by hand; uploads are tested below."""


def _form_of(visitors: Visitors, model: type[Model], path: str) -> dict[str, Any]:
    """The initial data of the form of a record."""
    return held(visitors.clients["superuser"].get(path), f"{model._meta.model_name}_form")


def _post(visitors: Visitors, what: str, path: str, data: dict[str, Any]) -> int:
    """Submit a form like a browser, and with bytes that no browser would send."""
    body = urlencode({name: value for name, value in data.items() if value is not None}, doseq=True)
    form = "application/x-www-form-urlencoded"
    return visitors.ask("superuser", what, "post", path, body, content_type=form).status_code


def test_no_value_of_a_field_ends_in_500(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    chance, sent = random.Random(SEED), set()
    for model, model_admin in admin.site._registry.items():
        if model._meta.model_name in FORMS_OF_NOBODY:
            continue
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        change = reverse(f"admin:{name}_change", args=[quote(known[model].pk)])
        data = _form_of(visitors, model, change)
        assert _post(visitors, name, change, data) == 302, f"The form of {name} as it is opened cannot be saved."
        sent.add(model._meta.model_name)
        _attack(visitors, chance, name, change, data)
        if model_admin.has_add_permission(visitors.request):
            add = reverse(f"admin:{name}_add")
            fresh = _form_of(visitors, model, add)
            filled = fresh | {field: data[field] for field in fresh.keys() & data.keys()}
            _attack(visitors, chance, f"{name} (new)", add, filled, besides=data)
    assert visitors.report() == ""
    assert sent == {model._meta.model_name for model in admin.site._registry} - FORMS_OF_NOBODY


def _attack(
    visitors: Visitors, chance: random.Random, name: str, path: str, data: dict[str, Any], besides: Collection[str] = ()
) -> None:
    """Attack every field but those in `besides`; of inline rows only the first, which has all fields."""
    fields = [field for field in data if field not in besides and not re.search(r"-[1-9]\d*-", field)]
    counts = [field for field in fields if field.endswith(("TOTAL_FORMS", "INITIAL_FORMS"))]
    others = [field for field in fields if field not in counts]
    for _round in range(A_FIELD):
        chance.shuffle(others)
        for start in range(0, len(others), AT_ONCE):
            kinds = {field: chance.choice([*NASTY]) for field in others[start : start + AT_ONCE]}
            _post(visitors, f"{name} {kinds}", path, data | {field: NASTY[kind] for field, kind in kinds.items()})
    for field in counts:
        for value in (NASTY[chance.choice([*NASTY])], chance.choice(COUNTS)):
            _post(visitors, f"{name} {field}, {str(value)[:20]}", path, data | {field: value})
    _post(visitors, f"{name} empty", path, {"_save": "1"})
    _post(visitors, f"{name} without management forms", path, {k: v for k, v in data.items() if "_FORMS" not in k})


COUNTS = ("9" * 30, "-1", "x", "²", None, "", "1001", "\0", "1e3", "[]")
"""Numbers of rows that no form has."""

BUTTONS = {
    "measures_measure_change": [
        *("_move", "move_note", "move_successor", "record_version", "loaded", "differences", "sent_form"),
        *("topics", "target_groups", "origin_countries", "primary_topic"),
    ],
    "measures_measure_duplicates": ["pk", "country", "kind", "issuing_body", "reference", "provision"],
    "measures_doublecoding_change": ["_take", "_give_back", "_hand_in", "_decide", "_release", "_leave_out", "note"],
    "countries_country_change": ["_new_edition", "loaded", "differences"],
    "countries_indicatorfeed_change": ["_try"],
    "countries_feedrun_change": ["publish", "discard", "roll_back"],
    "measures_source_change": ["upload"],
    "foundation_fileimport_change": ["cancel", "again", "confirm"],
    "auth_user_change": ["groups", "user_permissions"],
    "auth_user_password_change": ["password1", "password2", "usable_password"],
    "login": ["username", "password", "next"],
    "password_change": ["old_password", "new_password1"],
    "logout": ["next"],
}
"""Form fields that are not fields of the record, or that refer to many records."""


def test_no_value_of_a_button_or_hidden_field_ends_in_500(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    chance = random.Random(SEED)
    for name, fields in BUTTONS.items():
        model = next((m for m in known if name.startswith(f"{m._meta.app_label}_{m._meta.model_name}_")), None)
        args = [quote(known[model].pk)] if model and not name.endswith("duplicates") else []
        path = reverse(f"admin:{name}", args=args)
        page = visitors.clients["superuser"].get(path) if name.endswith("_change") else None
        data = held(page, f"{model._meta.model_name}_form") if page and model else {}
        for field in fields:
            for kind in ("too large", *chance.sample([*NASTY], A_FIELD)):
                _post(visitors, f"{name} {field}, {kind}", path, data | {field: NASTY[kind]})
    assert visitors.report() == ""


def test_no_action_on_a_list_ends_in_500(visitors: Visitors, known: dict[type[Model], Model]) -> None:
    chance = random.Random(SEED)
    asked = set()
    for model, model_admin in admin.site._registry.items():
        path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for action in [*model_admin.get_actions(visitors.request), "no-such-action", ""]:
            asked.add(action)
            data = {"action": action, "index": "0", "_selected_action": str(known[model].pk), "select_across": "0"}
            fields = [*data, "post", "_tag", "move_note", "add_topics", "remove_origin_countries", "direction"]
            _post(visitors, f"{path} {action}", path, data)
            _post(
                visitors,
                f"{path} {action}, twice",
                path,
                data | {"post": "yes", "_tag": "1", "move_note": "x", "add_topics": "9" * 30},
            )
            for field in chance.sample(fields, 3 * A_FIELD):
                kind = chance.choice([*NASTY])
                _post(visitors, f"{path} {action} {field}, {kind}", path, data | {field: NASTY[kind]})
    assert visitors.report() == ""
    assert asked >= {"delete_selected", "tag_selected", "export_selected_as_csv", "retry", "cancel", *MOVES}


def test_no_file_ends_in_500(visitors: Visitors) -> None:
    """Of measures, which have most columns; `test_commands.py` sends the same as files of every other kind."""
    file_type = "measures"
    for kind, content in (FILES | CELLS).items():
        _import(visitors, f"{file_type}, {kind}", file_type, f"{kind}.csv", content)
    for name in ("", "../../x.csv", "a\0b.csv", "x" * 300 + ".csv", "x.exe", "💣\u202e.csv", "x"):
        _import(visitors, f"{file_type} named {name[:20]}", file_type, name, rows())
    assert visitors.report() == ""


def _import(visitors: Visitors, what: str, file_type: str, name: str, content: bytes) -> None:
    """Upload a file, and open its preview if there is one."""
    boundary = "a-boundary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file_type"\r\n\r\n{file_type}\r\n'.encode(),
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'.encode(),
        b"Content-Type: text/csv\r\n\r\n" + content + f"\r\n--{boundary}--\r\n".encode(),
    ]
    add = reverse("admin:foundation_fileimport_add")
    form = f"multipart/form-data; boundary={boundary}"
    visitors.ask("superuser", what, "post", add, b"".join(parts), content_type=form, follow=True)
