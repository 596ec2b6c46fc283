"""``manage.py undo_import NUMBER``: take back what an import did."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.accounts import account_named
from foundation.arguments import utf8
from foundation.files.importing.undoing import CannotUndo, undo
from foundation.files.models import FileImport


class Command(BaseCommand):
    help = (
        "Undo an import: its new records are deleted, and those that it changed get back what they had. That is refused"
        " if somebody has changed one of them since."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", type=int, help="the number of the import, as the import and its page tell it")
        parser.add_argument(
            "--by", type=utf8, metavar="USERNAME", help="the account that the history names (default: observatory)"
        )

    def handle(self, *, number: int, by: str | None, **options: Any) -> None:
        file_import = FileImport.objects.filter(pk=number).first()
        if file_import is None:
            raise CommandError(f"There is no import {number}.")
        try:
            undo(file_import, by=account_named(by), is_operator=True, waits=True)
        except CannotUndo as reason:
            raise CommandError(str(reason)) from reason
        self.stdout.write(f"Import {number} of {file_import.name} was undone.")
