"""The attack surface: every URL of the URLconf, the objects that it needs, and nasty values."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from django.utils import timezone

from countries.models import Country, FeedRun
from foundation.files.importing import jobs
from foundation.files.models import FileImport
from foundation.records.audit import Act, AuditEntry
from foundation.records.models import Revision
from foundation.records.revision_desk_admin import ReviewedAdmin
from measures.models import Capture, ErrorReport, Measure, Source
from observatory.models import BackgroundJob
from tests import factories
from tests.csv_files import MEASURE, csv_text

SEED = 20200414
SESSION = settings.SESSION_COOKIE_NAME
ANSWERED = {
    "state": "answered",
    "outcome": "stands",
    "question": "Is it?",
    "answer": "Yes.",
    "answered_at": timezone.now(),
}
"""A report of an error whose form can be saved as it is opened."""
ROLES = ("nobody", "analyst", "editor", "superuser")


@dataclass(frozen=True, slots=True)
class Address:
    """A pattern of the URLconf: its name with namespaces, else its route; and the route with `{parameter}` in it."""

    name: str
    route: str

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.route)

    @property
    def model(self) -> type[Model] | None:
        """The model that an admin URL concerns."""
        for model in admin.site._registry:
            if self.route.startswith(f"admin/{model._meta.app_label}/{model._meta.model_name}/"):
                return model
        return None


def addresses() -> list[Address]:
    """Every URL pattern, in English."""
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns: Iterable[URLPattern | URLResolver], before: str = "", within: str = "") -> Iterator[Address]:
    for entry in patterns:
        route = before + _route(entry)
        if isinstance(entry, URLPattern):
            yield Address(within + (entry.name or route), route)
        else:
            yield from _walk(entry.url_patterns, route, f"{entry.namespace}:" if entry.namespace else within)


def _route(entry: URLPattern | URLResolver) -> str:
    route = str(entry.pattern)
    if isinstance(entry.pattern, RegexPattern):
        return re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route).strip("^$")
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)


def objects() -> dict[type[Model], Model]:
    """One record of each kind that a URL can refer to."""
    job = "insert into procrastinate_jobs (task_name, queue_name, args, status) values ('none', 'none', '{}', 'todo')"
    with connection.cursor() as cursor:
        cursor.execute(job)
    country, source = factories.country(summary_en="A country"), factories.source(rights="show")
    factories.country(iso3="ECU")
    measure = factories.measure(country=country, sources=(source,), reference="N° 7-2020", groups=("migrants",))
    factories.relation(subject=measure, object=factories.measure())
    capture = factories.capture(source=source)
    factories.document_text(capture=capture)
    factories.link(source=source, state="gone")
    factories.observation(period="2018")
    observation = factories.observation(period="2019")
    feed = factories.feed()
    made = (
        *(BackgroundJob.objects.get(), country, source, measure, capture, observation, observation.indicator, feed),
        *(FeedRun.objects.create(feed=feed), factories.mobility_role(), factories.role(), factories.site()),
        *(
            measure.topics.get(),
            factories.coverage(country=country),
            factories.seen_number(country=country),
            factories.data_set(),
            factories.unit(),
            factories.area(),
        ),
        *(measure.target_groups.get(), factories.issuing_body(country=country), _upload()),
        factories.revision(record=measure, title_en="Proposed"),
        *(Group.objects.get(name="editor"), User.objects.get(username="author")),
        *(
            AccessAttempt.objects.create(failures_since_start=1),
            AccessLog.objects.create(),
            AccessFailureLog.objects.create(),
            AuditEntry.objects.create(act=Act.EXPORTED, about="measures.csv"),
            factories.release(),
            factories.error_report(measure=measure, **ANSWERED),
            factories.double_coding(),
            factories.subscription(token=factories.TOKEN),
        ),
    )
    for record in made:
        if type(record) is not Measure and isinstance(admin.site._registry.get(type(record)), ReviewedAdmin):
            factories.revision(record=record)
    return {type(record): record for record in made}


def _revision_of(record: Model | None) -> Revision:
    """The proposed change of a record, else any."""
    own = Revision.objects.of(record).first() if record is not None else None
    found = own or Revision.objects.order_by("pk").first()
    assert found
    return found


def _upload() -> FileImport:
    """A file that was checked, with a row of each kind."""
    known = Measure.objects.order_by("pk").first()
    assert known
    rows = [
        MEASURE | {"public_id": "", "topics": "none"},
        MEASURE | {"public_id": "", "title_en": "New"},
        MEASURE | {"public_id": known.public_id, "title_en": "Changed"},
    ]
    by = factories.user(username="importer", is_superuser=True)
    waiting = FileImport(file_type="measures", name="measures.csv", publish=True, created_by=by)
    waiting.file.save("measures.csv", ContentFile(csv_text(rows).encode()), save=False)
    jobs.begin(waiting)
    jobs.check(waiting)
    waiting.refresh_from_db()
    return waiting


def known_values(address: Address, known: dict[type[Model], Model]) -> dict[str, str]:
    """Parameters of a URL that refer to existing objects."""
    country, source, measure = known[Country], known[Source], known[Measure]
    capture, waiting = known[Capture], known[FileImport]
    assert isinstance(country, Country)
    assert isinstance(source, Source)
    assert isinstance(measure, Measure)
    assert isinstance(capture, Capture)
    report = known[ErrorReport]
    assert isinstance(report, ErrorReport)
    values = {
        "section": "measures",
        "path": "peru.jpg",
        "slug": country.slug,
        "public_id": measure.public_id,
        "key": source.key,
        "sha256": capture.sha256,
        "reference": "7-2020",
        "content_type_id": str(ContentType.objects.get_for_model(Measure).pk),
        "object_id": quote(known[address.model].pk) if address.model else str(measure.pk),
        "name": "measures",
        "drawing": "direction",
        "ending": "csv",
        "pk": str(waiting.pk),
        "revision_id": str(_revision_of(known.get(address.model) if address.model else None).pk),
        "capture_id": str(capture.pk),
        "id": str(known[User].pk),
        "app_label": "measures",
        "url": "nowhere/at/all",
        "uidb64": "MQ",
        "token": "no-token",
        "rest": "nowhere",
        "form": "csl",
        "vocabulary": "kinds",
        "release": "2026.1",
        "report": report.key,
        "subscription": factories.TOKEN,
        "file": "measures.parquet",
        "context": "7b5e3c1e-0000-4000-8000-000000000000",
    }
    return {name: values[name] for name in address.parameters}


NASTY = (
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "9" * 30,
    "-1",
    "99999999999",
    "0000-00-00",
    "%D9%A3",
    "%C2%B2",
    "..%2F..%2Fetc",
    "x" * 3000,
    "%27%22%3B--%3Cb%3E",
    "_5F_",
    "%7B%22a%22%3A%5B1%5D%7D",
    "NaN",
    "1e999",
    "True",
    "None",
    "%E2%80%AE%F0%9F%92%A3",
    "%25%25s%28",
)
"""Values for paths and query strings, percent-encoded: NUL, a lone surrogate, invalid UTF-8, too large, negative, an
invalid date, digits of other scripts, path traversal, an overlong text, markup, JSON, not a number."""


@dataclass(slots=True)
class Visitors:
    """A client for each role, and the failures of all."""

    clients: dict[str, Client] = field(default_factory=dict)
    failures: dict[tuple[str, str], str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        people = {
            "analyst": factories.analyst(),
            "editor": factories.editor(),
            "superuser": factories.editor(username="root", is_superuser=True),
        }
        for role in ROLES:
            self.clients[role] = Client(raise_request_exception=False)
            if role in people:
                self.clients[role].force_login(people[role])
                self.cookies[role] = self.clients[role].cookies[SESSION].value

    @property
    def request(self) -> HttpRequest:
        """A request of the superuser."""
        request = RequestFactory().get("/admin/")
        request.user = User.objects.get(username="root")
        return request

    def ask(self, role: str, what: str, method: str, path: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send a request whose writes are rolled back; `what` describes it in the report of a failure."""
        client = self.clients[role]
        if role in self.cookies:  # a sign-out is undone too
            client.cookies[SESSION] = self.cookies[role]
        with transaction.atomic():
            response: Any = getattr(client, method)(path, *args, **kwargs)
            try:
                if response.streaming:
                    b"".join(response)
            except Exception as broken:  # any exception of the stream is a finding
                self._note(what, role, method, path, args, broken)
            transaction.set_rollback(True)
        if response.status_code >= 500:
            raised = response.exc_info[1] if getattr(response, "exc_info", None) else None
            self._note(what, role, method, path, args, raised)
        answer: HttpResponseBase = response
        return answer

    def _note(self, what: str, role: str, method: str, path: str, args: Any, error: Any) -> None:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0][:150] if str(error) else ''}"
        self.failures.setdefault((what, reason), f"{role} {method} {path[:200]} {str(args)[:300]}")

    def report(self) -> str:
        """Every distinct failure."""
        return "\n".join(f"{what}: {reason}\n    {how}" for (what, reason), how in self.failures.items())
