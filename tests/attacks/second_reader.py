"""Every registered model: a public record, one that nothing public uses, what to change, and who may do what."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse

from countries.models import Country
from foundation.files.formats import FORMATS
from measures.models import ExternalId, Source
from tests import admin_forms, factories
from tests.clients import signed_in

GROUPS = ("analyst", "editor")
NOTHING: frozenset[str] = frozenset()
FREE = frozenset({"add", "change free"})
ALL = frozenset({"add", "change", "change free"})
DELETES = frozenset({"delete", "delete free"})
EXPORTS = [f"export_selected_as_{ending}" for ending in FORMATS]
DELETED_OR_MERGED = {"delete_selected", "merge_selected"}


def venezuela() -> Country:
    return factories.country(iso3="VEN", is_covered=False)


def cited_source() -> Source:
    source = factories.source(title="Cited")
    factories.measure(sources=(source,))
    return source


def _tagged_topic() -> Model:
    factories.measure(topics=("health.access",))
    return factories.topic(key="health.access")


def _tagged_group() -> Model:
    factories.measure(groups=("refugees",))
    return factories.target_group(key="refugees")


def _named_body() -> Model:
    body = factories.issuing_body(key="named")
    factories.measure(issuing_body=body)
    return body


def _named_area() -> Model:
    area = factories.area()
    factories.measure(areas=(area,))
    return area


def _named_data_set() -> Model:
    data_set = factories.data_set()
    ExternalId.objects.create(measure=factories.measure(), dataset=data_set, key="R_1")
    return data_set


@dataclass(frozen=True)
class Case:
    """A public record of a model, one that nothing public uses, what to change of them, and who may what."""

    analyst: frozenset[str]
    editor: frozenset[str]
    public: Callable[[], Model]
    free: Callable[[], Model] | None
    change: dict[str, str]
    new: dict[str, str] = field(default_factory=dict)
    actions: dict[str, set[str]] = field(default_factory=dict)
    imports: str = ""


TABLE: dict[str, Case | None] = {
    "countries.Country": Case(
        analyst=frozenset({"change free"}),
        editor=ALL,
        public=lambda: factories.country(),
        free=venezuela,
        change={"summary_en": "Changed"},
        new={"iso3": "BRB", "iso2": "BB", "m49": "052", "slug": "barbados", "name_en": "B", "name_es": "B"}
        | {"name_pt": "B", "region": "Americas", "subregion": "Caribbean"},
        imports="countries",
    ),
    "countries.Site": Case(
        analyst=NOTHING,
        editor=frozenset({"add", "change"}),
        public=lambda: factories.site(),
        free=None,
        change={"name_en": "Changed"},
        new={"name_en": "New"},
        imports="site",
    ),
    "countries.Role": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=lambda: factories.mobility_role().role,
        free=lambda: factories.role(key="unused"),
        change={"label_en": "Changed"},
        new={"key": "new", "label_en": "New", "label_es": "Nuevo", "label_pt": "Novo", "position": "0"},
        actions={"editor": {"delete_selected"}},
        imports="roles",
    ),
    "countries.MobilityRole": Case(
        analyst=FREE,
        editor=ALL | DELETES,
        public=lambda: factories.mobility_role(),
        free=lambda: factories.mobility_role(country=venezuela()),
        change={"narrative_en": "Changed"},
        new={"country": "VEN", "role": "transit", "narrative_en": "New", "source_name": "A profile"},
        actions={"editor": {"delete_selected"}},
        imports="mobility_roles",
    ),
    "countries.Unit": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=lambda: factories.observation().indicator.unit,
        free=lambda: factories.unit(key="unused"),
        change={"name_en": "Changed"},
        new={"key": "new", "name_en": "New", "decimals": "0"},
        actions={"editor": {"delete_selected"}},
        imports="units",
    ),
    "countries.CountryArea": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=_named_area,
        free=lambda: factories.area(code="PE-TUM"),
        change={"native_name": "Changed"},
        new={"code": "PE-NEW", "country": "PER", "native_name": "New"},
        actions={"editor": {"delete_selected"}},
        imports="areas",
    ),
    "countries.Indicator": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=lambda: factories.observation().indicator,
        free=lambda: factories.indicator(key="unused"),
        change={"name_en": "Changed"},
        new={"key": "new", "name_en": "New", "unit": "persons", "decimals": "0"},
        actions={"editor": {"delete_selected"}},
        imports="indicators",
    ),
    "countries.Observation": Case(
        analyst=NOTHING,
        editor=frozenset({"add", "change", "delete"}),
        public=lambda: factories.observation(),
        free=None,
        change={"note": "Changed"},
        new={"country": "VEN", "value": "1", "qualifier": "eq", "status": "A", "source_name": "A yearbook"},
        actions={"editor": {"delete_selected"}},
        imports="observations",
    ),
    "countries.IndicatorFeed": Case(
        analyst=FREE,
        editor=ALL | DELETES,
        public=lambda: factories.feed(),
        free=lambda: factories.feed(is_on=False),
        change={"note": "Changed"},
        new={"key": "new", "url": "file:new.csv", "source_name": "WHO"},
        actions={"analyst": {"run_now"}, "editor": {"run_now", "turn_on", "turn_off", "delete_selected"}},
        imports="indicator_feeds",
    ),
    "measures.Measure": Case(
        analyst=FREE,
        editor=ALL | {"delete free"},
        public=lambda: factories.measure(),
        free=lambda: factories.draft(),
        change={"summary_en": "Changed"},
        new={"country": "PER", "kind": "law", "title_en": "New", "evidence": "unsourced"},
        actions={
            "analyst": {
                "confirm_selected",
                "confirm_codes_selected",
                "tag_selected",
                *EXPORTS,
                "draft",
                "submit",
                "withdraw",
            },
            "editor": {
                "confirm_selected",
                "confirm_codes_selected",
                "tag_selected",
                *EXPORTS,
                "draft",
                "submit",
                "withdraw",
            }
            | {"publish", "publish_later", "send_back", "retire", "merge_selected"},
        },
        imports="measures",
    ),
    "measures.Source": Case(
        analyst=FREE,
        editor=ALL | {"delete free"},
        public=cited_source,
        free=lambda: factories.source(title="Uncited"),
        change={"title": "Changed"},
        new={"title": "New"},
        actions={"analyst": {"check_now", "looked_at"}, "editor": {"check_now", "looked_at", *DELETED_OR_MERGED}},
        imports="sources",
    ),
    "measures.Topic": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=_tagged_topic,
        free=lambda: factories.topic(key="unused"),
        change={"label_en": "Changed"},
        new={"key": "new", "label_en": "New", "label_es": "New", "label_pt": "New"},
        actions={"editor": DELETED_OR_MERGED},
        imports="topics",
    ),
    "measures.TargetGroup": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=_tagged_group,
        free=lambda: factories.target_group(key="unused"),
        change={"label_en": "Changed"},
        new={"key": "new", "label_en": "New", "label_es": "New", "label_pt": "New"},
        actions={"editor": DELETED_OR_MERGED},
        imports="target_groups",
    ),
    "measures.IssuingBody": Case(
        analyst=FREE,
        editor=ALL | {"delete free"},
        public=_named_body,
        free=lambda: factories.issuing_body(key="unnamed"),
        change={"native_name": "Changed"},
        new={"key": "new", "kind": "ministry", "native_name": "New"},
        actions={"editor": DELETED_OR_MERGED},
        imports="issuing_bodies",
    ),
    "measures.Coverage": Case(
        analyst=FREE | {"delete free"},
        editor=ALL | DELETES,
        public=lambda: factories.coverage(),
        free=lambda: factories.coverage(period="2020-Q1", is_proposed=True),
        change={"searched": "Changed"},
        new={"country": "VEN", "period": "2020-Q3", "state": "partial"}
        | {"checked_on": "2021", "checked_by": "New", "searched": "New"},
        actions={"analyst": {"delete_selected"}, "editor": {"delete_selected"}},
        imports="coverage",
    ),
    "measures.SeenNumber": Case(
        analyst=FREE | {"delete free"},
        editor=ALL | DELETES,
        public=lambda: factories.seen_number(),
        free=lambda: factories.seen_number(number="18", is_proposed=True),
        change={"searched": "Changed"},
        new={"country": "VEN", "kind": "law", "year": "2020", "number": "9", "state": "listed", "searched": "New"},
        actions={"analyst": {"delete_selected"}, "editor": {"delete_selected"}},
        imports="seen_numbers",
    ),
    "measures.DataSet": Case(
        analyst=NOTHING,
        editor=ALL | {"delete free"},
        public=_named_data_set,
        free=lambda: factories.data_set(key="unused"),
        change={"name": "Changed"},
        new={"key": "new", "name": "New"},
        actions={"editor": {"delete_selected"}},
        imports="datasets",
    ),
    # Not edited in a form, or hidden from both groups
    "countries.FeedRun": None,
    "foundation.FileImport": None,
    "foundation.Revision": None,
    "observatory.BackgroundJob": None,
    "foundation.AuditEntry": None,
    "measures.Release": None,
    "measures.ErrorReport": None,
    "measures.DoubleCoding": None,
    "measures.Subscription": None,
    "auth.User": None,
    "auth.Group": None,
    "axes.AccessAttempt": None,
    "axes.AccessLog": None,
    "axes.AccessFailureLog": None,
}
RECORDS = {label: case for label, case in TABLE.items() if case is not None}
EVERY = pytest.mark.parametrize("group", GROUPS)
EACH = pytest.mark.parametrize("label", RECORDS)


def allowed(label: str, group: str) -> frozenset[str]:
    rights: frozenset[str] = getattr(RECORDS[label], group)
    return rights


def url(record: Model | str, page: str, *args: Any) -> str:
    label = record if isinstance(record, str) else record._meta.label
    return reverse(f"admin:{label.lower().replace('.', '_')}_{page}", args=args)


def form_of(label: str) -> str:
    return f"{label.split('.')[1].lower()}_form"


def stored(label: str) -> list[dict[str, Any]]:
    model = admin.site._registry  # the table has exactly the registered models
    (found,) = (each for each in model if each._meta.label == label)
    return list(found._default_manager.order_by("pk").values())


def forged(record: Model, group: str = "editor", **changes: str) -> dict[str, Any]:
    """What the form of an editor, or of another group, would send of the record with these changes."""
    client = signed_in(factories.user(group=group))
    form = admin_forms.shown(client, url(record, "change", record.pk), form_of(record._meta.label))
    return form | changes
