"""Factories of valid objects with minimal arguments; all take keywords only."""

import hashlib
from csv import DictReader
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from countries.models import Country, CountryArea, Indicator, IndicatorFeed, MobilityRole, Observation, Role, Site, Unit
from foundation.partial_dates import PartialDate, Period
from foundation.records.models import Reason, Revision
from foundation.sql import execute
from measures.archive.models.capture import archive_storage
from measures.choices import Kind, Level, Status, Workflow
from measures.double_coding.fields import values_of
from measures.models import (
    Capture,
    Citation,
    Coding,
    Coverage,
    DataSet,
    DocumentText,
    DoubleCoding,
    ErrorReport,
    FurtherBody,
    Host,
    IssuingBody,
    Letter,
    Link,
    Measure,
    ReferenceAlias,
    Relation,
    Release,
    SeenNumber,
    Source,
    StatusEvent,
    Subscription,
    TargetGroup,
    Topic,
)
from measures.releases.making import make_release
from measures.workflow import refresh_status
from observatory.models import Membership

_numbers = count(1)

PASSWORD = "a-long-password-for-tests"

COUNTRIES = {
    "PER": ("PE", "604", "peru", "Peru", "Perú", "Peru", "South America"),
    "ECU": ("EC", "218", "ecuador", "Ecuador", "Ecuador", "Equador", "South America"),
    "VEN": ("VE", "862", "venezuela", "Venezuela", "Venezuela", "Venezuela", "South America"),
    "BRB": ("BB", "052", "barbados", "Barbados", "Barbados", "Barbados", "Caribbean"),
    "GUF": ("GF", "254", "french-guiana", "French Guiana", "Guayana Francesa", "Guiana Francesa", "South America"),
    "USA": ("US", "840", "united-states", "United States", "Estados Unidos", "Estados Unidos", "Northern America"),
}


def country(*, iso3: str = "PER", **fields: Any) -> Country:
    """A covered country of the Americas; an existing one is returned."""
    iso2, m49, slug, en, es, pt, subregion = COUNTRIES[iso3]
    defaults = {
        "iso2": iso2,
        "m49": m49,
        "slug": slug,
        "name_en": en,
        "name_es": es,
        "name_pt": pt,
        "region": "Americas",
        "subregion": subregion,
        "is_covered": True,
    }
    if not fields:
        return Country.objects.get_or_create(iso3=iso3, defaults=defaults)[0]
    return Country.objects.update_or_create(iso3=iso3, defaults=fields, create_defaults=defaults | fields)[0]


def user(*, group: str | None = None, **fields: Any) -> User:
    """An account with `PASSWORD`; with a group it is also staff."""
    name = fields.pop("username", f"{group or 'user'}-{next(_numbers)}")
    account = User.objects.create_user(name, password=PASSWORD, is_staff=group is not None, **fields)
    if group:
        account.groups.add(Group.objects.get(name=group))
    return account


def analyst(**fields: Any) -> User:
    """A member of the group `analyst`."""
    return user(group="analyst", **fields)


def editor(**fields: Any) -> User:
    """A member of the group `editor`."""
    return user(group="editor", **fields)


def member(*, group: str, countries: tuple[str, ...] = ("PER",), **fields: Any) -> User:
    """A member of a group who works on these countries."""
    account = user(group=group, **fields)
    for iso3 in countries:
        Membership.objects.create(user=account, country=country(iso3=iso3))
    return account


def topic(*, key: str = "health.access", **fields: Any) -> Topic:
    """A topic, with its parent if the key has two levels; an existing one is returned."""
    parent = topic(key=key.split(".")[0]) if "." in key else None
    label = key.split(".")[-1].replace("_", " ").capitalize()
    defaults = {"parent": parent, "label_en": label, "label_es": f"{label} (es)", "label_pt": f"{label} (pt)"}
    return Topic.objects.get_or_create(key=key, defaults=defaults | fields)[0]


_topic = topic


def target_group(*, key: str = "asylum_seekers", **fields: Any) -> TargetGroup:
    """A target group; an existing one is returned."""
    label = key.replace("_", " ").capitalize()
    defaults = {"label_en": label, "label_es": f"{label} (es)", "label_pt": f"{label} (pt)"}
    return TargetGroup.objects.get_or_create(key=key, defaults=defaults | fields)[0]


def issuing_body(*, key: str = "pcm", country: Country | None = None, **fields: Any) -> IssuingBody:
    """A body of `country` (null: supranational); an existing one is returned."""
    defaults = {"kind": "ministry", "native_name": key.upper(), "name_en": f"Body {key}"}
    return IssuingBody.objects.get_or_create(country=country, key=key, defaults=defaults | fields)[0]


def area(*, code: str = "PE-LOR", country: Country | None = None, **fields: Any) -> CountryArea:
    """An area of a country, by default of Peru; an existing one is returned."""
    defaults = {"country": country or globals()["country"](), "native_name": code.partition("-")[2].capitalize()}
    return CountryArea.objects.get_or_create(code=code, defaults=defaults | fields)[0]


def source(**fields: Any) -> Source:
    """A source with a unique URL."""
    number = next(_numbers)
    defaults = {
        "key": f"source-{number}",
        "url": f"https://gazette.example/{number}",
        "kind": "official_gazette",
        "title": f"Gazette {number}",
        "language": "es",
    }
    return Source.objects.create(**defaults | fields)


def capture(*, body: bytes | None = None, captured_at: int | datetime | None = None, **fields: Any) -> Capture:
    """A capture of a source's URL; `captured_at` is a datetime or a number of days in 2021."""
    body = f"<p>Page {next(_numbers)}</p>".encode() if body is None else body
    sha256 = hashlib.sha256(body).hexdigest()
    name = archive_storage().save(f"{sha256[:2]}/{sha256[2:4]}/{sha256}", ContentFile(body))
    if not isinstance(captured_at, datetime):
        captured_at = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=captured_at or 0)
    cited = fields.pop("source", None) or source()
    defaults = {
        "method": "fetch",
        "url": cited.url,
        "final_url": cited.url,
        "http_status": 200,
        "media_type": "text/html",
        "size": len(body),
        "sha256": sha256,
        "file": name,
        "warc": "00/00/none.warc.gz",
    }
    return Capture.objects.create(source=cited, captured_at=captured_at, **defaults | fields)


def document_text(*, text: str = "Some words", **fields: Any) -> DocumentText:
    """The text of a capture."""
    defaults = {"state": "read" if text else "empty", "text": text, "language": "es", "read_at": timezone.now()}
    kept = fields.pop("capture", None) or capture()
    return DocumentText.objects.create(capture=kept, **defaults | fields)


def link(*, source: Source, **fields: Any) -> Link:
    """The link of a source's URL."""
    now = timezone.now()
    name = source.url.partition("://")[2].partition("/")[0]
    host = Host.objects.get_or_create(name=name, defaults={"free_at": now})[0]
    defaults = {"url": source.url, "state": "alive", "since": now, "checked_at": now, "due_at": now}
    return Link.objects.create(source=source, host=host, **defaults | fields)


def event(*, measure: Measure, status: str = "in_force", date: str = "", **fields: Any) -> StatusEvent:
    """The next event of `measure`, whose status is updated."""
    made = _event(measure, measure.status_events.count(), status, date, **fields)
    made.save()
    refresh_status([measure.pk])
    measure.refresh_from_db()
    return made


def _event(measure: Measure, position: int, status: str, date: str, **fields: Any) -> StatusEvent:
    parsed = PartialDate.parse(date) if date else None
    return StatusEvent(measure=measure, position=position, status=status, date=parsed, **fields)


def relation(*, subject: Measure, object: Measure, type: str = "extends", date: str = "", **fields: Any) -> Relation:
    """A relation between two measures."""
    parsed = PartialDate.parse(date) if date else None
    return Relation.objects.create(subject=subject, type=type, object=object, date=parsed, **fields)


def data_set(*, key: str = "coronanet", **fields: Any) -> DataSet:
    """A data set of others; an existing one is returned."""
    return DataSet.objects.get_or_create(key=key, defaults={"name": key.title(), "licence": "CC BY 4.0"} | fields)[0]


def alias(*, measure: Measure, reference: str = "No. 1/2019", kind: str = "former") -> ReferenceAlias:
    return ReferenceAlias.objects.create(measure=measure, reference=reference, kind=kind)


@transaction.atomic
def measure(
    *,
    country: Country | None = None,
    topics: tuple[str, ...] = ("health.access",),
    groups: tuple[str, ...] = (),
    origins: tuple[Country, ...] = (),
    areas: tuple[CountryArea, ...] = (),
    binds: tuple[Country, ...] = (),
    further_bodies: tuple[IssuingBody, ...] = (),
    events: tuple[tuple[str, str], ...] | None = None,
    sources: tuple[Source, ...] | None = None,
    by: User | None = None,
    **fields: Any,
) -> Measure:
    """A published decree of Peru with a topic, an event of 14 April 2020 and a source, unless told otherwise.

    A supranational one has no country.
    """
    by = by or User.objects.filter(username="author").first() or user(username="author")
    number = next(_numbers)
    defaults = {
        "kind": Kind.EXECUTIVE_DECREE,
        "title_en": f"Measure {number}",
        "workflow": Workflow.PUBLISHED,
        "evidence": "primary",
    }
    fields = defaults | fields
    for name in ("valid_from", "valid_until"):
        if isinstance(fields.get(name), str):
            fields[name] = PartialDate.parse(fields[name])
    tags = [topic(key=key) for key in topics]
    made = Measure(
        country=country or (None if fields.get("level") == Level.SUPRANATIONAL else globals()["country"]()),
        primary_topic=tags[0] if tags else None,
        created_by=by,
        updated_by=by,
        **fields,
    )
    if made.workflow in (Workflow.PUBLISHED, Workflow.RETIRED):
        made.published_by = made.reviewed_by = by
        made.published_at = made.reviewed_at = timezone.now()
    cited = (source(),) if sources is None else sources
    named = [target_group(key=key) for key in groups]
    execute(f"set constraints {DERIVED} deferred")  # once, and not after each of these statements
    made.save()
    made.topics.add(*tags)
    made.target_groups.add(*named)
    made.origin_countries.add(*origins)
    made.areas.add(*areas)
    made.binds.add(*binds)
    FurtherBody.objects.bulk_create(
        FurtherBody(measure=made, body=body, position=position) for position, body in enumerate(further_bodies)
    )
    dated = _first_event(made) if events is None else events
    StatusEvent.objects.bulk_create(_event(made, position, *each) for position, each in enumerate(dated))
    refresh_status([made.pk])
    Citation.objects.bulk_create(Citation(measure=made, source=each) for each in cited)
    execute(f"set constraints {DERIVED} immediate")
    made.refresh_from_db()
    return made


DERIVED = "measures_search_rebuild, measures_validity_derive"
"""The triggers that derive what follows from a measure: its search vector and its validity."""


def revision(*, record: Any, by: User | None = None, **typed: str) -> Revision:
    """A proposed change of a record that waits for a reviewer, with these fields typed."""
    return Revision.objects.create(
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        name=str(record),
        data={name: [text] for name, text in typed.items()},
        base={"fields": {name: [getattr(record, name)] for name in typed}, "rows": {}},
        base_version=getattr(record, "record_version", 1),
        reason=Reason.CORRECTION,
        note=typed.get("note", ""),
        proposed_by=by or user(group="analyst"),
        proposed_at=timezone.now(),
    )


def _first_event(made: Measure) -> tuple[tuple[str, str], ...]:
    first = {"bill": Status.INTRODUCED, "norm": Status.IN_FORCE, "action": Status.ANNOUNCED}
    return ((first.get(Kind(made.kind).family, Status.ISSUED), "2020-04-14"),)


def draft(**fields: Any) -> Measure:
    """A measure that is not public."""
    return measure(workflow=Workflow.DRAFT, **fields)


@cache
def _places() -> dict[str, tuple[str, str, str]]:
    """The positions of each indicator in the fixtures: as a headline, its role, and on the card."""
    with (settings.BASE_DIR / "fixtures" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: (row["headline_position"], row["role"], row["role_position"]) for row in DictReader(file)}


def _place(key: str) -> dict[str, Any]:
    headline, of_role, position = _places().get(key, ("", "", "0"))
    return {
        "headline_position": int(headline) if headline else None,
        "role": role(key=of_role) if of_role else None,
        "role_position": int(position),
    }


@cache
def _units() -> dict[str, dict[str, Any]]:
    """The units of the fixtures by key."""
    with (settings.BASE_DIR / "fixtures" / "units.csv").open(encoding="utf-8", newline="") as file:
        rows = {row.pop("key"): row for row in DictReader(file)}
    return {
        key: {
            **row,
            **{name: row[name] == "true" for name in ("is_whole", "may_be_negative")},
            **{name: int(row[name]) if row[name] else None for name in ("decimals", "base", "price_year")},
        }
        for key, row in rows.items()
    }


def unit(*, key: str = "persons", **fields: Any) -> Unit:
    """A unit, as the fixtures have it; an existing one is returned."""
    return _unit(key, **fields)


def _unit(key: str, **fields: Any) -> Unit:
    defaults = _units().get(key, {"name_en": key.replace("_", " ")})
    return Unit.objects.get_or_create(key=key, defaults=defaults | fields)[0]


def indicator(*, key: str = "immigrant_stock", unit: str = "persons", **fields: Any) -> Indicator:
    """An indicator, positioned as in the fixtures; an existing one is returned; a share gets a base."""
    own = _unit(unit)
    if own.is_share and "base" not in fields:
        fields["base"] = indicator(key=f"{key}_base")
    defaults = {"name_en": key.replace("_", " ").capitalize(), "unit": own, "decimals": 0}
    return Indicator.objects.get_or_create(key=key, defaults=defaults | _place(key) | fields)[0]


def observation(*, period: str = "", **fields: Any) -> Observation:
    """A value of an indicator for Peru."""
    defaults = {"value": 153000, "source_name": "A yearbook"}
    fields = defaults | fields
    fields["indicator"] = fields.get("indicator") or indicator()
    fields["country"] = fields.get("country") or country()
    return Observation.objects.create(period=Period.parse(period) if period else None, **fields)


def error_report(**fields: Any) -> ErrorReport:
    """A report of an error in the page of a measure, which waits for an answer."""
    about = fields.get("measure")
    values = {
        "key": f"key-{next(_numbers)}",
        "page": about.get_absolute_url() if about else "/about/",
        "name": str(about or "/about/"),
        "country": about.country if about else None,
        "text": "The date is wrong.",
        "language": "en",
    }
    return ErrorReport.objects.create(**(values | fields))


TOKEN = "a-secret-of-a-letter"


def subscription(*, token: str = "", confirmed: bool = True, **fields: Any) -> Subscription:
    """Somebody who follows all entries every day; with `token`, the secret of a letter that leads to it."""
    now, number = timezone.now(), next(_numbers)
    values: dict[str, Any] = {"email": f"reader-{number}@example.org", "language": "en"}
    if confirmed:
        values |= {"confirmed_at": now, "told_until": now}
    values |= fields
    made = Subscription.objects.create(mailbox=values["email"].lower(), **values)
    if token:
        digest = hashlib.sha256(token.encode()).hexdigest()
        Letter.objects.create(
            subscription=made,
            kind="confirmation",
            token_hash=digest,
            message_id=f"<{number}@example.org>",
            state="sent",
            sent_at=now,
        )
    return made


def double_coding(
    *, measure: Measure | None = None, second: dict[str, Any] | None = None, coder: User | None = None
) -> DoubleCoding:
    """An act that waits for a second coder, or, with what is different in the second coding, a settled one."""
    measure = measure or globals()["measure"](workflow=Workflow.IN_REVIEW)
    first = values_of(measure)
    fields: dict[str, Any] = {"state": "waiting"}
    if second is not None:
        now, state = timezone.now(), "agreed" if first == first | second else "decided"
        fields = {"state": state, "coder": coder or analyst(), "coded_at": now, "closed_at": now}
    made = DoubleCoding.objects.create(measure=measure, share=10, **fields)
    made.known_to.add(measure.created_by)
    Coding.objects.create(double_coding=made, role="first", coder=measure.created_by, values=first)
    if second is not None:
        Coding.objects.create(double_coding=made, role="second", coder=fields["coder"], values=first | second)
    return made


def coverage(*, topic: str = "health.access", period: str = "2020-Q2", **fields: Any) -> Coverage:
    """A quarter of a topic of Peru that was searched completely, unless told otherwise."""
    defaults = {"state": "complete", "checked_on": "2021-02", "checked_by": "Andean team", "searched": "The gazette"}
    fields = defaults | fields
    fields["country"] = fields.get("country") or country()
    return Coverage.objects.create(topic=_topic(key=topic), period=Period.parse(period), **fields)


def seen_number(*, number: str = "17", **fields: Any) -> SeenNumber:
    """A number of the decrees of Peru's council of ministers in 2020 that a list has, unless told otherwise."""
    defaults: dict[str, Any] = {"kind": "executive_decree", "year": 2020, "state": "listed", "searched": "The gazette"}
    fields = defaults | fields
    fields["country"] = fields.get("country") or country()
    fields["issuing_body"] = fields.get("issuing_body") or issuing_body(country=fields["country"])
    return SeenNumber.objects.create(number=number, **fields)


def release(*, name: str = "2026.1") -> Release:
    """A release of what is public, in `RELEASES_DIR`, which a test sets to a folder of its own."""
    made, _is_new = make_release(name)
    return made


def site(**fields: Any) -> Site:
    """The single row of site texts; by default for the Americas, which most tests are about."""
    defaults = {"name_en": "Mobility Policy Observatory", "area": "americas"}
    return Site.objects.update_or_create(key="site", defaults=defaults | fields)[0]


ROLES = {
    "sending": "Sending country",
    "destination": "Destination country",
    "refugee_host": "Host of people in need of protection",
    "transit": "Transit country",
}


def role(*, key: str = "sending", **fields: Any) -> Role:
    """A role that a country can have; an existing one is returned."""
    label = ROLES.get(key, key.replace("_", " ").capitalize())
    position = (list(ROLES).index(key) if key in ROLES else len(ROLES)) + 1
    defaults = {"label_en": label, "label_es": f"{label} (es)", "label_pt": f"{label} (pt)", "position": position}
    return Role.objects.get_or_create(key=key, defaults=defaults | fields)[0]


def mobility_role(*, as_of: str = "2020", **fields: Any) -> MobilityRole:
    """A role of Peru."""
    defaults = {"role": "sending", "narrative_en": "People leave.", "source_name": "A profile"}
    fields = defaults | fields
    if isinstance(fields["role"], str):
        fields["role"] = role(key=fields["role"])
    fields["country"] = fields.get("country") or country()
    return MobilityRole.objects.create(as_of=PartialDate.parse(as_of) if as_of else None, **fields)


def feed(**fields: Any) -> IndicatorFeed:
    """A feed of a CSV with the columns iso3, date and value; the same key never twice."""
    number = next(_numbers)
    defaults = {
        "key": f"feed-{number}",
        "url": "file:daily.csv",
        "country_column": "iso3",
        "day_column": "date",
        "value_column": "value",
        "source_name": "A yearbook",
        "is_on": True,
    }
    fields = defaults | fields
    fields["indicator"] = fields.get("indicator") or indicator()
    return IndicatorFeed.objects.create(**fields)
