"""``manage.py translations compile|collect|check``: the catalogues of the interface's languages."""

import shutil
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from observatory.translations import collect, compile_catalogues, problems

SHOWN = 30  # maximum number of problems listed; more are only counted


class Command(BaseCommand):
    help = "Compile the catalogues in locale/, collect new messages, or fail if translations are missing."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["compile", "collect", "check"])

    def handle(self, *, action: str, **options: Any) -> None:
        if action == "compile":
            compile_catalogues(settings.BASE_DIR)
            return
        if not shutil.which("xgettext"):
            raise CommandError("gettext is missing. On Debian and Ubuntu: apt-get install gettext")
        if action == "collect":
            collect(settings.BASE_DIR)
        elif found := list(problems(settings.BASE_DIR)):
            raise CommandError("\n".join([*found[:SHOWN], f"{len(found)} problems in the catalogues."]))
