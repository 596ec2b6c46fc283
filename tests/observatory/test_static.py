"""Static files: one format for all style sheets, no unused rule; collected as in production."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import override_settings

STATIC = settings.BASE_DIR / "observatory" / "static" / "observatory"
SHEETS = sorted(STATIC.glob("*.css"))
OF_BOTH = ("coverage.css",)
"""Sheets of public pages that the admin uses too."""
APPS = [settings.BASE_DIR / app for app in ("observatory", "measures", "countries", "foundation")]
DJANGO = [Path(package.__path__[0]) for package in (admin, forms)]

TEXTS = (".html", ".css", ".js", ".py")

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(r"[\w-]+: [^;]+;(?: /\*.*\*/)?")
PRELUDE = re.compile(r"[^{};]+(?=\{)")
"""What precedes a block: selectors, or the condition of a media query."""
CLASS_ATTRIBUTE = re.compile(r'class="((?:\{[{%].*?[%}]\}|[^"])*)"')
PLACEHOLDER = re.compile(r"\{[{%]?.*?[%}]?\}")
SCRIPT_STRING = re.compile(r"\"[^\"\n]*\"|`[^`]*`")
PYTHON_CLASSES = re.compile(r'class="([^"]+)"|"class": "([^"]+)"|classes"?(?: =|:) [\[(]([^\])]+)|" ?(\w+-[\w{} -]+)"')
WORD = re.compile(r"[A-Za-z][\w-]*")
SHORT_WORDS = {"in", "is", "no", "of", "to"}


def _format_faults(sheet: str) -> Iterator[str]:
    """The lines that violate the format: one declaration or selector per line, two-space levels, blank lines."""
    depth, before = 0, ""
    lines = COMMENT.sub(lambda comment: comment[0].replace("\n", " "), sheet).removesuffix("\n").split("\n")
    for line in lines:
        text = line.strip()
        depth -= text == "}"
        begins = text.endswith(("{", ","))
        outside = re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", text))
        fits = (
            text in ("", "}")
            or (text.startswith("/*") and text.endswith("*/"))
            or DECLARATION.fullmatch(text)
            or (begins and (text.startswith("@") or "," not in outside[:-1]))
        )
        is_apart = (
            (not begins or before == "" or before.endswith(("{", ",", "*/")))
            and not (text in ("", "}") and before in ("", "{"))
            and not (text == "" and before.endswith("{"))
        )
        if not fits or not is_apart or line != "  " * depth * bool(text) + text:
            yield line
        depth += text.endswith("{")
        before = text


def _selectors(sheet: str) -> Iterator[str]:
    for prelude in PRELUDE.findall(COMMENT.sub("", sheet)):
        if not prelude.strip().startswith("@"):
            yield prelude


def _styled_classes(sheet: Path) -> set[str]:
    return {name for text in _selectors(sheet.read_text()) for name in re.findall(r"\.([A-Za-z_][\w-]*)", text)}


def _words(texts: Iterable[str]) -> set[str]:
    """Words; one that ends with a hyphen is a prefix of generated ones."""
    return {word for text in texts for word in WORD.findall(text)}


def _in_templates(*, of_admin: bool) -> set[str]:
    templates = [path for path in (settings.BASE_DIR / "templates").rglob("*.*") if ("admin" in path.parts) is of_admin]
    values = [value for path in templates for value in CLASS_ATTRIBUTE.findall(path.read_text())]
    return _words(PLACEHOLDER.sub("", re.sub(r"\{% .*? %\}", " ", value)) for value in values)


def _in_scripts() -> set[str]:
    return _words(text for path in STATIC.glob("*.js") for text in SCRIPT_STRING.findall(path.read_text()))


def _in_python() -> set[str]:
    sources = [path.read_text() for app in APPS for path in app.rglob("*.py") if "migrations" not in path.parts]
    found = [text for source in sources for match in PYTHON_CLASSES.findall(source) for text in match]
    return _words(PLACEHOLDER.sub("", text) for text in found)


def _in_django() -> set[str]:
    """Every word of the stock admin and its forms, whose classes keep their names."""
    paths = [
        path for package in DJANGO for path in package.rglob("*") if path.suffix in (".html", ".css", ".js", ".py")
    ]
    return _words(path.read_text() for path in paths)


def _missing(names: set[str], among: set[str]) -> set[str]:
    prefixes = tuple(word for word in among if word.endswith("-"))
    return {name for name in names if name not in among and not name.startswith(prefixes)}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_style_sheets_share_one_format(sheet: Path) -> None:
    assert list(_format_faults(sheet.read_text())) == []


@pytest.mark.parametrize(
    "sheet",
    [
        "a { color: red; }",
        "a {\n  color: red; top: 0;\n}",
        "a {\n    color: red;\n}",
        "a {\n  color: red\n}",
        "a {\n  color: red;\n}\nb {\n  top: 0;\n}",
        "a {\n  color: red;\n}\n\n\nb {\n  top: 0;\n}",
        "a, b {\n  color: red;\n}",
        "a {\n\n  color: red;\n}",
        "a {\n  color: red;\n\n}",
    ],
)
def test_fault_of_format_is_found(sheet: str) -> None:
    assert list(_format_faults(sheet)) != []


def test_every_class_of_a_style_sheet_is_used() -> None:
    shared = _in_scripts() | _in_python()
    used = {True: shared | _in_templates(of_admin=True) | _in_django(), False: shared | _in_templates(of_admin=False)}
    unused = {sheet.name: _missing(_styled_classes(sheet), used[sheet.name.startswith("admin")]) for sheet in SHEETS}
    assert {name: classes for name, classes in unused.items() if classes} == {}


@pytest.mark.parametrize("of_admin", [True, False])
def test_every_class_of_a_template_is_styled_or_asked_for_by_a_script(of_admin: bool) -> None:
    sheets = (sheet for sheet in SHEETS if sheet.name in OF_BOTH or sheet.name.startswith("admin") is of_admin)
    styled = set().union(*map(_styled_classes, sheets))
    known = styled | _in_scripts() | (_in_django() if of_admin else set())
    names = _in_templates(of_admin=of_admin)
    plain = {name for name in names if not name.endswith("-")}
    begun = {name for name in names - plain if not any(known_name.startswith(name) for known_name in known)}
    assert (plain - known) | begun == set()


def test_classes_are_words() -> None:
    """Not `mk` or `na0`; a number follows a word, as in `row-tens-1`."""
    names = _missing(set().union(*map(_styled_classes, SHEETS)), among=_in_django())
    parts = {part for name in names for part in re.split(r"[-_]", name) if part not in SHORT_WORDS}
    assert {part for part in parts if not re.fullmatch(r"[a-z]{3,}|\d+", part)} == set()


def test_custom_properties_are_defined_and_used() -> None:
    ours = "\n".join(COMMENT.sub("", sheet.read_text()) for sheet in SHEETS)
    stock = "\n".join(path.read_text() for package in DJANGO for path in package.rglob("*.css"))
    defined, used = r"(--[\w-]+):", r"var\((--[\w-]+)"
    assert set(re.findall(used, ours)) - set(re.findall(defined, ours)) == set()
    assert set(re.findall(defined, ours)) - set(re.findall(used, ours + stock)) == set()


@pytest.mark.filterwarnings("error")
def test_every_file_that_a_stylesheet_names_is_collected(tmp_path: Path) -> None:
    """The manifest storage raises if one is missing."""
    storage = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=storage):
        call_command("collectstatic", interactive=False, verbosity=0)
        assert (tmp_path / "staticfiles.json").exists()
        name = staticfiles_storage.url("admin/css/base.css")
    assert name != "/static/admin/css/base.css"
    assert (tmp_path / name.removeprefix("/static/")).with_suffix(".css.gz").exists()
