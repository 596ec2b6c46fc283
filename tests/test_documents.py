"""The documentation is correct: its commands run, its lists are complete, its links and pictures exist.

Every `manage.py` and `make` command in a code block or span of README.md and docs/ is checked. Fast and harmless ones
are run, on the record of Peru in a temporary folder; of the others, the name and the options must exist.
"""

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import dedent

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import transaction
from pytest_django import DjangoDbBlocker

from countries.models import Area, RoleIcon
from countries.models.figure import ObservationStatus, Qualifier
from foundation.files.resources import FileResource, resources
from measures.archive.choices import LinkState, Rights, SourceKind
from measures.choices import (
    BodyKind,
    Direction,
    DurationBasis,
    EndKind,
    Evidence,
    Kind,
    RelationType,
    Status,
    StatusGroup,
    Workflow,
)
from measures.files.resources import ArchiveResource
from measures.models import Measure
from tests import factories

ROOT = settings.BASE_DIR
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MAKE = shutil.which("make") or "make"
LARGEST_PICTURE = 60_000
STANDS_FOR = {
    "KEY": "inmovilidad-peru-2020",
    "FOLDER": "bag",
    "NAME": "ana",
    "ADDRESS": "127.0.0.1",
}
"""Values for the placeholders in the documentation's commands."""
RUN = {
    *("axes_reset_ip", "axes_reset_username", "capture_sources", "check", "export_archive"),
    *("export_file", "export_measures", "export_package", "forget_sign_ins", "import_file", "import_measures"),
    *("import_package", "load_fixtures", "remove_second_factor"),
    *("rebuild_search", "rebuild_validity", "refresh_search_words", "start_observatory", "update_indicators"),
    "verify_archive",
}
"""Commands that are quick and harmless: no server, no owner, nothing outside of the database and the folder."""
REACHES_OUT = ["--feed"]
"""Options with which one of these would ask another server."""


@dataclass(frozen=True)
class Command:
    """A command in the documentation: `manage.py` or `make`, with its arguments and location."""

    program: str
    arguments: tuple[str, ...]
    document: str
    line: int
    is_span: bool
    """Whether it is in a sentence, which may name a command without arguments."""

    def __str__(self) -> str:
        return f"{self.document}:{self.line} {self.program} {' '.join(self.arguments)}"


def _commands(text: str, document: str) -> Iterator[Command]:
    """The commands of a document, in order."""
    for number, code, is_span in _code(text):
        for program, *arguments in _invocations(code):
            yield Command(program, tuple(arguments), document, number, is_span)


def _code(text: str) -> Iterator[tuple[int, str, bool]]:
    """Each line of a block, and each span of a paragraph, with the line and whether it is a span."""
    is_fenced, paragraph, begins = False, "", 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        is_fence = line.lstrip().startswith("```")
        is_block = is_fenced or line.startswith("    ")
        if is_fence or is_block or not line.strip():
            yield from ((begins, " ".join(span.split()), True) for span in re.findall(r"`([^`]+)`", paragraph))
            paragraph, begins = "", number + 1
            if is_block and not is_fence:
                yield number, line, False
        else:
            paragraph += f"{line}\n"
        is_fenced ^= is_fence


def _invocations(code: str) -> Iterator[list[str]]:
    """Each `manage.py` or `make` call in a shell line, with its arguments."""
    for part in re.split(r"&&|\|\||;|\|", re.sub(r"(^|\s)#.*", "", code)):
        if not re.search(r"(^|\s|/)(manage\.py|make)\s", part):
            continue
        words = shlex.split(part)
        while words and not re.fullmatch(r"(.*/)?(manage\.py|make)", words[0]):
            words = words[1:] if re.fullmatch(r"\w+=.*|(.*/)?python[\d.]*", words[0]) else []
        if len(words) > 1:
            yield [words[0].rpartition("/")[2], *words[1:]]


COMMANDS = [
    command
    for path in DOCUMENTS
    for command in _commands(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
]
MANAGE = [command for command in COMMANDS if command.program == "manage.py"]


def test_commands_are_found_in_blocks_and_sentences() -> None:
    text = """\
    Run `make
    test`, or make sense, as `manage.py` does.

        A=1 .venv/bin/python manage.py check --deploy && make lint # make no

    ```sh
    python3.12 manage.py migrate | tail
    ```
    """
    found = [(command.line, command.program, *command.arguments) for command in _commands(dedent(text), "a.md")]
    wanted = [
        (1, "make", "test"),
        (4, "manage.py", "check", "--deploy"),
        (4, "make", "lint"),
        (7, "manage.py", "migrate"),
    ]
    assert found == wanted
    in_documents = {command.arguments[0] for command in COMMANDS}
    assert RUN | {"attack", "audit", "sbom", "bench", "bench-picture", "demo", "test"} <= in_documents


@pytest.mark.parametrize("command", MANAGE, ids=str)
def test_command_exists_and_takes_these_arguments(command: Command) -> None:
    name, *arguments = command.arguments
    assert name in get_commands(), "there is no such command"
    found = get_commands()[name]
    known = load_command_class(found, name) if isinstance(found, str) else found
    if arguments or not command.is_span:
        known.create_parser("manage.py", name).parse_args(arguments)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.program == "make"], ids=str)
def test_target_of_make_exists(command: Command) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for argument in command.arguments:
        variable, is_variable, _value = argument.partition("=")
        assert not is_variable or f"$({variable})" in makefile or f"{variable} ?=" in makefile
    said = subprocess.run([MAKE, "-n", *command.arguments], cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr


@pytest.fixture(scope="module")
def files(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files of the record of Peru; the database is then emptied."""
    folder = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_fixtures", verbosity=0)
        for name in resources():
            call_command("export_file", name, "-o", str(folder / f"{name}.csv"))
        call_command("export_package", str(folder / "package.zip"))
        transaction.set_rollback(True)
    return folder


@pytest.fixture
def folder(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of these files, as the working directory."""
    monkeypatch.chdir(shutil.copytree(files, tmp_path / "files"))
    return tmp_path / "files"


def _run(command: Command) -> None:
    name, *arguments = (STANDS_FOR.get(argument, argument) for argument in command.arguments)
    try:
        call_command(name, *arguments)
    except (CommandError, SystemExit) as problem:
        pytest.fail(f"{command}: {problem}")


def _runs(command: Command) -> bool:
    name, *arguments = command.arguments
    is_mention = not arguments and command.is_span
    return name in RUN and not is_mention and not set(REACHES_OUT) & set(arguments)


@pytest.mark.django_db
def test_harmless_commands_of_each_document_run_one_after_the_other(
    files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.editor(username="ana")
    call_command("load_fixtures")
    run = [command for command in MANAGE if _runs(command)]
    for number, (_document, commands) in enumerate(groupby(run, lambda command: command.document)):
        monkeypatch.chdir(shutil.copytree(files, tmp_path / str(number)))
        with transaction.atomic():
            for command in commands:
                _run(command)
            transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.usefixtures("folder")
def test_csv_files_restore_the_record_into_an_empty_database() -> None:
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    block = text.partition("**From CSV.**")[2].partition("\n\n")[2].partition("\n\n")[0]
    commands = list(_commands(block, "From CSV"))
    assert len(commands) == len(resources())
    for command in commands:
        _run(command)
    assert set(Measure.objects.values_list("workflow", flat=True)) == {"draft"}
    for name in resources():
        call_command("export_file", name, "-o", "again.csv")
        assert Path("again.csv").read_bytes() == Path(f"{name}.csv").read_bytes(), name


# Links and pictures


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        file, _hash, part = link.partition("#")
        if "://" in link:
            continue
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not part or part in _anchors(target), link


def _anchors(path: Path) -> set[str]:
    """The names of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_picture_is_small_and_used() -> None:
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").glob("*.png")}
    assert {name for name, size in pictures.items() if size > LARGEST_PICTURE} == set()
    used = re.findall(r"\(pictures/([\w-]+\.png)\)", (ROOT / "docs" / "users.md").read_text(encoding="utf-8"))
    assert set(used) == set(pictures)


# Lists


def test_codebook_has_every_file_column_and_key() -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    words = set(re.findall(r"`([^`\s]*)`", text))
    kinds: list[type[FileResource]] = [*resources().values(), ArchiveResource]
    assert {f"{kind.file()}.csv" for kind in kinds} - words == set()
    assert {column.name for kind in kinds for column in kind.columns()} - words == set()
    lists = (
        *(
            Kind,
            Status,
            Direction,
            EndKind,
            DurationBasis,
            RelationType,
            Evidence,
            Workflow,
            SourceKind,
            Rights,
            LinkState,
            BodyKind,
        ),
        *(Area, RoleIcon, Qualifier, ObservationStatus, StatusGroup),
    )
    assert {value for choices in lists for value in choices.values} - words == set()


def test_operating_has_every_setting_with_its_default() -> None:
    source = (ROOT / "observatory" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r"environment\.[a-z_]+\(\"(\w+)\"", source))
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([A-Z0-9_]+)` \| (.+?) \|", text, re.MULTILINE))
    assert set(rows) == names
    numbers = dict(re.findall(r"environment\.(?:number|hour)\(\"(\w+)\", (\d+)\)", source))
    assert {name: rows[name] for name in numbers} == {name: f"`{number}`" for name, number in numbers.items()}
