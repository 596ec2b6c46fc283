"""No second coder ever receives the first coding: by no address of the admin, file, search, message or letter.

Two analysts without countries, of whom one has recorded an act and the other codes it a second time.
"""

from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.templatetags.admin_urls import admin_urlname
from django.contrib.auth.models import User
from django.core import mail
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from countries.models import Site
from foundation.files.importing import jobs
from foundation.records.comments import write
from foundation.records.team_admin import TeamAdmin
from measures import workflow
from measures.double_coding import coding
from measures.models import FileImport, Measure, Relation, Source
from observatory.digests import send_digests
from tests import factories
from tests.attacks.surface import addresses, known_values, objects
from tests.attacks.teams import upload
from tests.clients import content_of, signed_in
from tests.csv_files import MEASURE, csv_text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_index")]

MARKS = (b"zanahoria", b"2021-03-02")
"""In every text of the first coding and of what was said about it, in the name of its coder; a date of its history."""


def marked(answers: dict[str, bytes]) -> set[str]:
    """The names of the answers that have something of the first coding."""
    return {name for name, answer in answers.items() if any(mark in answer for mark in MARKS)}


@pytest.fixture
def known(settings: Settings, tmp_path: Path) -> dict[type[Model], Model]:
    settings.IMPORTS_DIR, settings.RELEASES_DIR = tmp_path / "imports", tmp_path / "releases"
    return objects()


@pytest.fixture
def first() -> User:
    return factories.analyst(username="zanahoria", first_name="Zanahoria", email="zanahoria@example.org")


@pytest.fixture
def second() -> User:
    return factories.analyst(username="second", email="second@example.org")


@pytest.fixture
def measure(known: dict[type[Model], Model], first: User) -> Measure:
    """An act that was drawn when its first coder submitted it, named by everything that can name it."""
    factories.site(double_coding_share=100)
    public = known[Measure]
    assert isinstance(public, Measure)
    made = factories.draft(
        by=first,
        reference="N° 99-2020",
        title_en="Decree on Zanahoria",
        summary_en="zanahoria",
        events=(("in_force", "2020-04-14"), ("repealed", "2021-03-02")),
        sources=(known[Source],),
    )
    made.citations.update(quote="zanahoria", locator="zanahoria")
    Relation.objects.create(subject=made, type="amends", object=public)
    write(made, "A remark on zanahoria", by=first)
    uploaded = upload(by=first, file_type="measures", rows=csv_text([MEASURE | {"title_en": "Zanahoria"}]))
    FileImport.objects.filter(pk=uploaded.pk).update(name="zanahoria.csv")
    workflow.submit(made, by=first, note="Is zanahoria right?")
    return made


def walk(client: Client, known: dict[type[Model], Model], only: Collection[str] = ()) -> dict[str, bytes]:
    """What the addresses of the admin answer, by their names, for the records in `known`."""
    walked = (each for each in addresses() if each.name.startswith("admin:") and each.name != "admin:logout")
    return {
        address.name: _answer(client, "/" + address.route.format(**known_values(address, known)))
        for address in walked
        if not only or address.name in only
    }


def _answer(client: Client, path: str, **sent: Any) -> bytes:
    response: Any = client.post(path, sent) if sent else client.get(path, follow=True)
    assert response.status_code < 500, path
    return content_of(response).lower()


TOLD_TO_FIRST = {
    "admin:index",
    "admin:measures_measure_changelist",
    "admin:measures_measure_change",
    "admin:measures_measure_history",
    "admin:measures_measure_comments",
    "admin:measures_measure_preview",
    "admin:measures_measure_export",
    "admin:measures_source_change",
    "admin:foundation_fileimport_change",
    "admin:foundation_fileimport_export",
}
"""Where the first coder reads of the act, so that the walk of the second one would find it there."""


def test_a_second_coder_gets_nothing_of_the_first_coding(
    known: dict[type[Model], Model], measure: Measure, first: User, second: User, settings: Settings
) -> None:
    double_coding = measure.double_coding
    uploaded = FileImport.objects.get(name="zanahoria.csv")
    records = known | {Measure: measure, type(double_coding): double_coding, FileImport: uploaded}
    assert marked(walk(signed_in(first), records, TOLD_TO_FIRST)) == TOLD_TO_FIRST
    client, admin = Client(raise_request_exception=False), "admin:measures_measure"
    client.force_login(second)
    assert marked(walk(client, records, TOLD_TO_FIRST)) == set()  # while the act waits

    coding.take(double_coding, by=second)
    assert marked(walk(client, records)) == set()
    page = _answer(client, reverse("admin:measures_doublecoding_change", args=[double_coding.pk]))
    assert b"99-2020" in page
    assert marked({"page": page}) == set()
    asked = {
        f"{reverse(f'{admin}_changelist')}?q=decree": {},
        f"{reverse(f'{admin}_changelist')}?q={measure.public_id}": {},
        f"{reverse(f'{admin}_changelist')}?queue=in_review": {},
        **{reverse("admin:foundation_fileimport_export", args=[name, "csv"]): {} for name in PARTS},
        f"{reverse('admin:autocomplete')}?app_label=measures&model_name=relation&field_name=object&term=decree": {},
        reverse(f"{admin}_duplicates"): typed(measure),
        reverse(f"{admin}_add"): typed(measure) | {"_save": "1"},
        f"{reverse(f'{admin}_add')}?provision_of={measure.pk}": {},
        f"/search/?q=decree+{measure.public_id}": {},
        f"/measures/{measure.public_id}/": {},
    }
    assert marked({path: _answer(client, path, **sent) for path, sent in asked.items()}) == set()

    settings.PUBLIC_URL, settings.SENDS_MAIL, settings.DIGEST_HOUR = "https://o.example", True, 0
    send_digests(at=timezone.now() + timedelta(days=1))
    letters = {letter.to[0]: letter.body.lower().encode() for letter in mail.outbox}
    assert second.email not in marked(letters)


PARTS = ("status_events", "relations", "citations")


def typed(measure: Measure) -> dict[str, Any]:
    """What a second coder could type of the act to learn whether and how it is recorded."""
    return {"country": "PER", "kind": measure.kind, "reference": measure.reference, "title_en": "Decree on roots"}


def test_typing_the_act_in_again_does_not_tell_what_was_coded(measure: Measure, second: User) -> None:
    """The rule that an act is recorded once names its kind: the answer is the same for each kind."""
    client, path = signed_in(second), reverse("admin:measures_measure_add")
    answers = set()
    for kind in (measure.kind, "law"):
        page: Any = client.post(path, typed(measure) | {"kind": kind})
        answers.add(tuple(page.context["adminform"].form.errors.get("reference", [])))
    assert answers == {("This act is being coded a second time. It cannot be entered again.",)}


def test_an_import_of_a_second_coder_neither_finds_nor_changes_the_act(
    measure: Measure, second: User, settings: Settings
) -> None:
    rows = [MEASURE | {"public_id": measure.public_id, "title_en": "Changed"}]
    waiting = upload(by=second, file_type="measures", rows=csv_text(rows))
    jobs.check(waiting)
    told = str([(row.label, row.details) for row in waiting.rows.all()]).lower()
    assert "zanahoria" not in told
    assert waiting.rows.get().state == "refused"
    new = upload(by=second, file_type="measures", rows=csv_text([MEASURE | {"public_id": "", "title_en": "New"}]))
    jobs.check(new)
    assert [row.state for row in new.rows.all()] == ["new"]


@pytest.mark.usefixtures("known")
def test_no_list_tells_which_hidden_records_have_a_term() -> None:
    """Not even to a superuser: a list answers only what its own filters ask of other records."""
    client = signed_in(factories.editor(is_superuser=True))
    asked = 0
    for model, model_admin in admin.site._registry.items():
        if not isinstance(model_admin, TeamAdmin) or model is Site:  # there is one, so that its list is its page
            continue
        filters = {str(entry[0] if isinstance(entry, tuple) else entry) for entry in model_admin.list_filter}
        for field in model._meta.get_fields():
            if field.is_relation and (field.auto_created or field.many_to_many) and field.name not in filters:
                path = reverse(admin_urlname(model._meta, "changelist"))  # type: ignore[arg-type]  # takes any string
                assert client.get(f"{path}?{field.name}=1").status_code == 400, (path, field.name)
                asked += 1
    assert asked > 20


def test_list_of_double_codings_does_not_tell_who_coded_what(measure: Measure, first: User, second: User) -> None:
    client, path = signed_in(second), reverse("admin:measures_doublecoding_changelist")
    for question in (f"known_to={first.pk}", f"known_to__id__exact={first.pk}", "coder=1", f"measure={measure.pk}"):
        assert client.get(f"{path}?{question}").status_code == 400, question
    assert client.get(f"{path}?state__exact=waiting").status_code == 200
