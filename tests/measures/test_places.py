"""Level, areas, bodies and countries bound: what is refused, and that an act is of a country on every surface alike."""

import csv
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pycountry
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.test import Client
from django.utils import translation

from countries.models import CountryArea
from foundation.sql import execute
from measures.admin.filters import CountryFilter
from measures.choices import Level
from measures.listing.filters import MeasureFilter
from measures.listing.index import load, public_index
from measures.models import FurtherBody, Measure
from measures.places import place_beside_mark, place_in_words
from observatory.home import overview, record_map
from tests import factories as make
from tests.csv_files import MEASURE, counts, export, problems, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def decision() -> Measure:
    """A decision of an international body that binds Peru and Ecuador, not Venezuela."""
    bound = (make.country(), make.country(iso3="ECU"))
    make.country(iso3="VEN")
    return make.measure(
        title_en="Decision on travel",
        kind="regulation",
        level="supranational",
        issuing_body=make.issuing_body(key="can"),
        binds=bound,
    )


# Of a country


def _listed(client: Client, address: str) -> list[str]:
    return sorted(re.findall(r'<li id="entry-([A-Z]{3}-\d+)"', client.get(address).content.decode()))


def _of_page(client: Client, iso3: str) -> list[str]:
    return _listed(client, f"/countries/{make.country(iso3=iso3).slug}/")


def _on_timeline(client: Client, iso3: str) -> list[str]:
    page = client.get(f"/countries/{make.country(iso3=iso3).slug}/").content.decode()
    return sorted(re.findall(r'<a class="timeline-mark[^>]*href="#entry-([A-Z]{3}-\d+)"', page))


def _in_list(client: Client, iso3: str) -> list[str]:
    return _listed(client, f"/measures/?country={iso3}")


def _in_csv(client: Client, iso3: str) -> list[str]:
    answer: Any = client.get(f"/measures.csv?country={iso3}")
    rows = csv.DictReader(io.StringIO(b"".join(answer).decode()))
    return sorted(row["public_id"] for row in rows)


def _exported(client: Client, iso3: str, capfdbinary: Any = None) -> list[str]:
    path = Path(settings.DATA_DIR) / f"of-{iso3}.csv"
    call_command("export_measures", country=[iso3], output=path)
    rows = csv.DictReader(io.StringIO(path.read_text()))
    path.unlink()
    return sorted(row["public_id"] for row in rows)


def _in_database(client: Client, iso3: str) -> list[str]:
    return sorted(Measure.objects.published().of_countries([iso3]).values_list("public_id", flat=True))


def _in_admin(client: Client, iso3: str) -> list[str]:
    asked = CountryFilter(None, {"country": [iso3]}, Measure, None)  # type: ignore[arg-type]  # they are not read
    return sorted(asked.queryset(None, Measure.objects.all()).values_list("public_id", flat=True))  # type: ignore[arg-type]  # not read


def _of_sources(client: Client, iso3: str) -> list[str]:
    """The entries that cite the sources which the archive lists of a country."""
    page = client.get(f"/archive/?country={iso3}").content.decode()
    keys = re.findall(r'href="/archive/([a-z0-9-]+)/"', page)
    return sorted({*Measure.objects.filter(citations__source__key__in=keys).values_list("public_id", flat=True)})


def _of_archive_file(client: Client, iso3: str) -> list[str]:
    answer: Any = client.get("/archive.csv")
    rows = csv.DictReader(io.StringIO(b"".join(answer).decode()))
    keys = [row["key"] for row in rows if iso3 in row["countries"].split("|")]
    return sorted({*Measure.objects.filter(citations__source__key__in=keys).values_list("public_id", flat=True)})


SURFACES = (
    *(_of_page, _on_timeline, _in_list, _in_csv, _exported, _in_database, _in_admin, _of_sources, _of_archive_file),
)
WITH_DRAFTS = (_exported, _in_admin)


def test_act_is_of_the_same_countries_on_every_surface(client: Client, decision: Measure) -> None:
    own = make.measure(title_en="Own")
    draft = make.draft(level="supranational", kind="treaty", binds=(make.country(iso3="VEN"),))
    expected = {"PER": sorted([own.public_id, decision.public_id]), "ECU": [decision.public_id], "VEN": []}
    for surface in SURFACES:
        of_venezuela = [draft.public_id] if surface in WITH_DRAFTS else []
        assert {iso3: surface(client, iso3) for iso3 in expected} == expected | {"VEN": of_venezuela}, surface.__name__


def test_counts_of_a_country_have_the_acts_that_bind_it(client: Client, decision: Measure) -> None:
    make.measure()
    expected = {"PER": 2, "ECU": 1, "INT": 1}
    index = load().on(date(2020, 5, 1))
    assert index.everything.counts("country") == expected
    assert index.everything.latest("country").keys() == expected.keys()
    assert {code: len(index.of_country(code)) for code in expected} == expected
    options = MeasureFilter(QueryDict("")).facets["country"].options
    assert {option.value: option.count for option in options} == expected
    assert {row.country.pk: row.entries for row in overview.covered_countries(public_index())} == {
        "PER": 2,
        "ECU": 1,
        "VEN": 0,
    }
    known = record_map.in_force(index, date(2020, 5, 1))
    assert {iso3: found.possible for iso3, found in known.items()} == expected
    assert "2 entries" in re.sub(r"\s+", " ", client.get("/countries/peru/").content.decode())


def test_search_finds_an_act_by_bodies_areas_and_countries_bound(decision: Measure) -> None:
    area = make.area(native_name="Loreto", name_en="Lorettia")
    further = make.issuing_body(key="sieca", native_name="Secretariado")
    local = make.measure(
        level="subnational", areas=(area,), issuing_body=make.issuing_body(), further_bodies=(further,)
    )
    assert _found("Ecuador") == {decision.pk}
    assert _found("Loreto") == _found("secretariado") == {local.pk}
    CountryArea.objects.update(native_name="Tumbes")
    assert (_found("Loreto"), _found("Tumbes")) == (set(), {local.pk})


def _found(words: str) -> set[int]:
    return set(MeasureFilter(QueryDict(f"q={words}")).ids.tolist())


# Words


def test_place_is_told_where_an_act_is_not_simply_national(client: Client, decision: Measure) -> None:
    areas = tuple(make.area(code=f"PE-{code}", native_name=code) for code in ("LOR", "TUM", "ICA", "LIM", "UCA"))
    acts = [
        make.measure(),
        make.measure(areas=areas[:1]),
        make.measure(kind="subnational_norm"),
        make.measure(kind="subnational_norm", areas=areas),
        decision,
    ]
    assert [place_in_words(act) for act in acts] == [
        "",
        "National: LOR",
        "Subnational",
        "Subnational: ICA, LIM, LOR, TUM and 1 more",
        "Supranational: Ecuador, Peru",
    ]
    assert [place_beside_mark(act) for act in acts] == ["", "LOR", "subnational", "5 areas", "supranational"]
    page = client.get("/countries/peru/").content.decode()
    assert page.count("<span>National: LOR</span>") == 1
    assert "(LOR)</text>" in re.sub(r"\s+", " ", page)
    entry = client.get(decision.get_absolute_url()).content.decode()
    assert '<a href="/countries/ecuador/">Ecuador</a>' in entry


# Rules


def _write(how: Any, made: Measure) -> None:
    how(made)
    execute("set constraints all immediate")


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        (lambda m: m.areas.add(make.area(code="EC-G", country=make.country(iso3="ECU"))), "areas_of_country"),
        (lambda m: m.binds.add(make.country(iso3="ECU")), "binds_of_supranational"),
        (lambda m: FurtherBody.objects.create(measure=m, body=m.issuing_body), "furtherbody_beside_the_first"),
        (lambda m: Measure.objects.filter(pk=m.pk).update(issuing_body=None), "furtherbody_beside_the_first"),
        (lambda m: Measure.objects.filter(pk=m.pk).update(level="supranational"), "areas_of_country"),
        (lambda m: Measure.objects.filter(pk=m.pk).update(kind="subnational_norm"), "level_of_kind"),
        (lambda m: Measure.objects.filter(pk=m.pk).update(country=None, public_id="INT-00009"), "has_country"),
    ],
)
def test_database_refuses_places_and_bodies_that_do_not_fit(how: Any, rule: str) -> None:
    further = make.issuing_body(key="other")
    made = make.measure(areas=(make.area(),), issuing_body=make.issuing_body(), further_bodies=(further,))
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        _write(how, made)
    assert rule in str(raised.value.__cause__.diag.constraint_name)  # type: ignore[union-attr]  # an error of psycopg


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({"kind": "law"}, Level.NATIONAL),
        ({"kind": "subnational_norm"}, Level.SUBNATIONAL),
        ({"kind": "treaty"}, Level.NATIONAL),
    ],
)
def test_level_that_nobody_states_follows_from_country_and_kind(fields: dict[str, Any], level: str) -> None:
    assert make.measure(**fields).level == level


# Files


ROW = MEASURE | {"reference": "Ley 1", "level": "", "areas": "", "binds": "", "issuing_body": ""}


@pytest.fixture
def vocabulary() -> None:
    make.topic()
    peru, ecuador = make.country(), make.country(iso3="ECU")
    for key, country in (("pcm", peru), ("mininter", peru), ("un", None), ("min", ecuador)):
        make.issuing_body(key=key, country=country)
    for code, country in (("PE-LOR", peru), ("PE-TUM", peru), ("EC-G", ecuador)):
        make.area(code=code, country=country)


@pytest.mark.usefixtures("vocabulary")
def test_file_brings_bodies_in_order_and_places(tmp_path: Path) -> None:
    act = ROW | {"level": "subnational", "areas": "PE-TUM|PE-LOR", "issuing_body": "PER:mininter|INT:un|pcm|ECU:min"}
    treaty = ROW | {"country": "", "kind": "treaty", "binds": "PER|ECU", "issuing_body": "un", "reference": ""}
    run(tmp_path, [act, treaty])
    made, agreed = Measure.objects.order_by("pk")
    assert [str(body.key) for body in made.issuing_bodies] == ["mininter", "un", "pcm", "min"]
    assert agreed.level == Level.SUPRANATIONAL
    content = export()
    written = list(csv.DictReader(io.StringIO(content)))
    assert [(row["level"], row["areas"], row["binds"], row["issuing_body"]) for row in written] == [
        ("supranational", "", "ECU|PER", "INT:un"),
        ("subnational", "PE-LOR|PE-TUM", "", "mininter|INT:un|pcm|ECU:min"),
    ]
    assert counts(run(tmp_path, content)) == (0, 0, 2, 0)
    CountryArea.objects.filter(code="PE-LOR").update(name_en="Loreto Region")
    labels = next(row for row in csv.DictReader(io.StringIO(export(labels="es"))) if row["areas"])
    with translation.override("es"):
        assert (labels["areas_label"], labels["level_label"]) == ("Lor|Tum", str(Level.SUBNATIONAL.label))
    assert labels["issuing_body_label"] == "Body mininter|Body un|Body pcm|Body min"
    assert counts(run(tmp_path, content.replace("mininter|INT:un|pcm|ECU:min", "pcm|mininter"))) == (0, 1, 1, 0)
    made = Measure.objects.get(pk=made.pk)
    assert [body.key for body in made.issuing_bodies] == ["pcm", "mininter"]
    emptied = [{"public_id": made.public_id, "level": "", "areas": "", "country": "PER", "issuing_body": ""}]
    assert counts(run(tmp_path, emptied)) == (0, 1, 0, 0)
    made = Measure.objects.get(pk=made.pk)
    assert (made.level, [*made.areas.all()], made.issuing_bodies) == (Level.NATIONAL, [], [])


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"areas": "EC-G"}, "areas"),
        ({"areas": "PE-XXX"}, "areas"),
        ({"level": "supranational", "areas": "PE-LOR"}, "areas"),
        ({"binds": "ECU"}, "binds"),
        ({"level": "supranational", "binds": "PER"}, "binds"),
        ({"level": "local"}, "level"),
        ({"kind": "subnational_norm", "level": "national"}, "level"),
        ({"country": "", "kind": "law"}, "country"),
        ({"issuing_body": "pcm|nobody"}, "issuing_body"),
    ],
)
def test_file_with_places_that_do_not_fit_is_refused(tmp_path: Path, cells: dict[str, str], column: str) -> None:
    found = problems(run(tmp_path, [ROW | cells]))
    assert {name for _row, name, _value in found} == {column}, found


@pytest.mark.usefixtures("vocabulary")
def test_row_that_changes_the_level_alone_is_judged_with_the_places_of_the_record(tmp_path: Path) -> None:
    made = make.draft(areas=(CountryArea.objects.get(code="PE-LOR"),))
    row = {"public_id": made.public_id, "level": "supranational"}
    assert [name for _row, name, _value in problems(run(tmp_path, [row]))] == ["areas"]


def test_included_areas_are_those_of_the_standard() -> None:
    with (settings.BASE_DIR / "fixtures" / "world" / "areas.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(file)}
    assert codes == {area.code for area in pycountry.subdivisions}
