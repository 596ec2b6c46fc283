"""``manage.py make_release 2026.1``: freeze the public data under a name."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.arguments import utf8
from measures.releases.making import ReleaseProblem, make_release
from measures.releases.store import AtWork


class Command(BaseCommand):
    help = (
        "Freeze everything public under a name: CSV and Parquet, with descriptions, codebook, licence, checksums and"
        " what changed since the release before. A release is never changed; the same name with the same public data"
        " changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", type=utf8, metavar="YEAR.NUMBER", help="such as 2026.1")

    def handle(self, *, name: str, **options: Any) -> None:
        try:
            release, is_new = make_release(name)
        except ReleaseProblem as problem:
            raise CommandError(str(problem)) from problem
        except AtWork as error:
            raise CommandError("Another process is making a release.") from error
        except OSError as error:
            raise CommandError(f"{error.filename or ''}: {error.strerror}. No release was made.") from error
        rows = sum(file.get("rows", 0) for file_name, file in release.files.items() if file_name.endswith(".csv"))
        verb = "made" if is_new else "already made, with the same content"
        self.stdout.write(f"{release}: {verb}; {len(release.files)} files, {rows} rows")
