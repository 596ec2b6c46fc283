"""An observatory of another field begins with files alone: climate laws, three topics, two countries, no roles."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from countries.models import Country, Role, Site
from foundation.files.resources import resources
from measures.models import Measure, Topic
from tests import admin_forms, factories

pytestmark = pytest.mark.django_db

LANGUAGES = {
    "": ("Climate Law Observatory", "Carbon pricing", "Federal Climate Act"),
    "/es": ("Observatorio de Leyes Climáticas", "Precio del carbono", "Ley Federal del Clima"),
    "/pt": ("Observatório de Leis Climáticas", "Preço do carbono", "Lei Federal do Clima"),
}
PAGES = (
    *("/", "/?area=world", "/countries/", "/countries/germany/", "/countries/kenya/", "/countries/germany/profile/"),
    *("/measures/", "/measures/?q=act", "/measures/?topic=energy", "/measures/DEU-00001/", "/measures/KEN-00001/"),
    *("/compare/?countries=DEU,KEN", "/who/"),
    *("/archive/", "/archive/links/broken/", "/about/", "/accessibility/", "/nowhere/"),
)
FILES = ("/measures.csv", "/measures.xlsx", "/map.csv", "/archive.csv", "/sitemap-pages.xml", "/robots.txt")
ANOTHER_FIELD = re.compile(
    r"migra|mobility|movilidad|mobilidade|refug|\basyl|\basil|deport|people on the move|americas|américas",
    re.IGNORECASE,
)
SITE_PAGE = "/admin/countries/site/site/change/"
SITE = {
    "name_es": "Observatorio de Leyes Climáticas",
    "name_pt": "Observatório de Leis Climáticas",
    "tagline_en": "Laws on climate, country by country.",
    "headline_en": "How states answer climate change",
    "headline_es": "Cómo responden los Estados al cambio climático",
    "headline_pt": "Como os Estados respondem à mudança do clima",
    "lead_en": "Laws and bills, each with its source.",
    "subject_en": "climate change",
    "subject_es": "el cambio climático",
    "subject_pt": "mudança do clima",
    "about_en": "Two universities keep this record.",
    "contact": "climate@example.org",
}
TOPICS = (
    ("carbon_pricing", "Carbon pricing", "Precio del carbono", "Preço do carbono"),
    ("energy", "Energy", "Energía", "Energia"),
    ("adaptation", "Adaptation", "Adaptación", "Adaptação"),
)
MEASURES = (
    {
        "public_id": "DEU-00001",
        "country": "DEU",
        "kind": "law",
        "title_en": "Federal Climate Act",
        "title_es": "Ley Federal del Clima",
        "title_pt": "Lei Federal do Clima",
        "topics": "carbon_pricing|energy",
        "status_history": "in_force@2019-12-18",
        "sources": "gazette",
    },
    {"public_id": "KEN-00001", "country": "KEN", "kind": "law", "title_en": "Climate Change Act"}
    | {"topics": "adaptation", "status_history": "in_force@2016-05-27", "sources": "gazette"},
)


def _rewrite(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        columns = csv.DictReader(file).fieldnames or []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _files(tmp_path / "climate")


def _files(folder: Path) -> Path:
    """The files written by the command, filled in for the climate observatory."""
    call_command("start_observatory", "Climate Law Observatory", folder=folder, country=["DEU", "KEN"], verbosity=0)
    _rewrite(folder / "site.csv", [_rows(folder / "site.csv")[0] | SITE])
    labels = [dict(zip(("key", "label_en", "label_es", "label_pt"), topic, strict=True)) for topic in TOPICS]
    _rewrite(folder / "topics.csv", [{"position": str(n), **label} for n, label in enumerate(labels)])
    gazette = {"key": "gazette", "url": "https://gazette.example/", "kind": "official_gazette", "title": "Gazette"}
    _rewrite(folder / "sources.csv", [gazette])
    _rewrite(folder / "measures.csv", [dict(measure) for measure in MEASURES])
    return folder


@pytest.fixture(scope="module")
def climate(module_db: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    call_command("load_fixtures", folder=_files(tmp_path_factory.mktemp("climate")), verbosity=0)


def test_files_are_of_every_kind_and_hold_no_other_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    call_command("start_observatory", "Water", folder=folder, country=["KEN"])
    assert f"load_fixtures --folder {folder}" in capsys.readouterr().out
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in resources()}
    filled = {path.stem: len(_rows(path)) for path in folder.iterdir() if _rows(path)}
    assert filled == {"site": 1, "countries": 249, "areas": 47, "units": 16, "topics": 1, "target_groups": 1}
    assert [row["iso3"] for row in _rows(folder / "countries.csv") if row["is_covered"] == "true"] == ["KEN"]
    texts = "".join(path.read_text() for path in folder.iterdir() if path.stem not in ("countries", "mobility_roles"))
    assert not ANOTHER_FIELD.findall(texts)


def test_folder_is_named_after_the_observatory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call_command("start_observatory", "Water & Soil", verbosity=0)
    assert _rows(tmp_path / "water-soil" / "site.csv")[0]["name_en"] == "Water & Soil"


def test_files_that_are_there_are_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "site.csv").write_text("mine")
    with pytest.raises(CommandError, match=r"site\.csv: File exists"):
        call_command("start_observatory", "Water", folder=tmp_path)
    assert (tmp_path / "site.csv").read_text() == "mine"


def test_country_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="XXX: not a country"):
        call_command("start_observatory", "Water", folder=tmp_path, country=["KEN", "XXX"])
    assert list(tmp_path.iterdir()) == []


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="has none of the files that can be loaded"):
        call_command("load_fixtures", folder=tmp_path)


def test_file_that_is_missing_is_skipped(folder: Path) -> None:
    figures = ("units", "indicators", "indicator_feeds", "observations")
    for name in (*figures, "target_groups", "mobility_roles", "roles", "issuing_bodies"):
        (folder / f"{name}.csv").unlink()
    call_command("load_fixtures", folder=folder, verbosity=0)
    assert (Country.objects.count(), Topic.objects.count(), Measure.objects.published().count()) == (249, 3, 2)


def test_update_takes_what_the_files_say_now(folder: Path) -> None:
    for name in ("Climate Law Observatory", "Another Name"):
        _rewrite(folder / "site.csv", [_rows(folder / "site.csv")[0] | {"name_en": name}])
        call_command("load_fixtures", folder=folder, update=True, verbosity=0)
        assert Site.objects.get().name_en == name


@pytest.mark.usefixtures("climate")
@pytest.mark.parametrize("language", LANGUAGES)
def test_public_pages_speak_of_this_field_alone(client: Client, language: str) -> None:
    name, topic, title = LANGUAGES[language]
    pages = {path: client.get(language + path) for path in PAGES}
    assert {path for path, page in pages.items() if page.status_code != 200} == {"/nowhere/"}
    html = {path: page.text for path, page in pages.items()}
    assert {path: ANOTHER_FIELD.findall(text) for path, text in html.items() if ANOTHER_FIELD.search(text)} == {}
    assert [path for path, text in html.items() if f"<span>{name}</span>" not in text and path != "/nowhere/"] == []
    assert [path for path in ("/countries/germany/", "/measures/DEU-00001/") if topic not in html[path]] == []
    assert [path for path in ("/", "/countries/germany/", "/measures/") if title not in html[path]] == []
    assert SITE[f"headline_{language[1:] or 'en'}"] in html["/"]
    assert SITE[f"subject_{language[1:] or 'en'}"] in html["/about/"]
    assert "Two universities keep this record." in html["/about/"]
    assert 'href="mailto:climate@example.org"' in html["/"]


@pytest.mark.usefixtures("climate")
@pytest.mark.parametrize("path", FILES)
def test_files_speak_of_this_field_alone(client: Client, path: str) -> None:
    answer: Any = client.get(path)
    assert answer.status_code == 200
    assert not ANOTHER_FIELD.findall(answer.getvalue().decode(errors="replace"))


@pytest.mark.usefixtures("climate")
@pytest.mark.parametrize(("language", "words"), [("", ("Roles", "roles")), ("/es", ("Roles",)), ("/pt", ("Papéis",))])
def test_without_roles_no_page_speaks_of_them(client: Client, language: str, words: tuple[str, ...]) -> None:
    factories.observation(country=Country.objects.get(pk="DEU"), indicator=factories.indicator(key="emissions"))
    for path in ("/", "/countries/", "/countries/germany/", "/countries/germany/profile/"):
        text = re.sub(r"<[^>]*>", " ", client.get(language + path).text)
        assert not [word for word in words if word in text], path
    client.force_login(factories.editor())
    for path in ("/admin/countries/country/DEU/change/", "/admin/countries/indicator/add/", "/admin/"):
        html = client.get(language + path).text
        assert [
            part for part in ("roles-TOTAL_FORMS", "/mobilityrole/", "/role/", "role_position") if part in html
        ] == []
    assert f'<a href="{language}/admin/countries/role/">' in client.get(f"{language}{SITE_PAGE}").text
    factories.role()
    assert "role_position" in client.get(f"{language}/admin/countries/indicator/add/").text
    assert "roles-TOTAL_FORMS" in client.get(f"{language}/admin/countries/country/DEU/change/").text
    client.logout()
    assert words[0] in client.get(f"{language}/countries/").text


@pytest.mark.usefixtures("climate")
def test_country_without_roles_and_figures_has_no_profile(client: Client) -> None:
    page, profile = (client.get(f"/countries/germany/{path}").text for path in ("", "profile/"))
    assert ("Profile</" in page, 'class="card"' in page + profile) == (False, False)
    assert "No figures recorded" in profile
    emissions = factories.indicator(key="emissions")
    factories.observation(country=Country.objects.get(pk="DEU"), indicator=emissions)
    for path in ("", "profile/"):
        html = client.get(f"/countries/germany/{path}").text
        assert ("Emissions" in html, 'class="card"' in html) == (True, False)
    assert 'href="#profile"' in client.get("/countries/germany/").text
    emissions.headline_position = 10
    emissions.save()
    assert 'class="card"' in client.get("/countries/germany/").text


@pytest.mark.usefixtures("climate")
def test_text_of_the_site_that_is_not_translated_is_marked(client: Client) -> None:
    marked = re.compile(r'<(?:span|div) lang="en">|Solo en inglés')
    home, about = (marked.findall(client.get(f"/es{path}").text) for path in ("/", "/about/"))
    assert home[:2] == ['<span lang="en">', "Solo en inglés"]
    assert about == ["Solo en inglés", '<div lang="en">']
    assert marked.findall(client.get("/about/").text) == []


@pytest.mark.usefixtures("climate")
@pytest.mark.parametrize("language", LANGUAGES)
def test_measure_is_entered_in_each_language(client: Client, language: str) -> None:
    client.get("/")  # a process learns about the site from public requests
    client.force_login(factories.editor())
    address = f"{language}/admin/measures/measure/add/"
    page = client.get(address)
    assert LANGUAGES[language][0] in page.text
    assert LANGUAGES[language][1] in page.text
    sent = admin_forms.held(page) | {"country": "KEN", "kind": "bill", "title_en": "Energy Bill"}
    sent |= {"topics": [str(Topic.objects.get(key="energy").pk)]}
    assert admin_forms.errors(client.post(address, sent)) == []
    assert Measure.objects.get(title_en="Energy Bill").public_id == "KEN-00002"


@pytest.mark.usefixtures("climate")
def test_site_costs_a_page_no_query(client: Client) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as made:
            client.get(path)
        return len(made)

    numbers = [queries(path) for path in ("/about/", "/")]
    factories.site(name_en="Another name")
    assert "Another name" in client.get("/about/").text
    assert [queries(path) for path in ("/about/", "/")] == numbers
    assert numbers[0] == 1  # the public version
    assert not Role.objects.exists()
