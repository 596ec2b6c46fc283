"""``manage.py import_measures FILE``: measures.csv into the database."""

from foundation.management.commands import import_file


class Command(import_file.Command):
    help = "Import measures from a CSV or XLSX file: all rows or none, as drafts unless --publish is given."
    file_type = "measures"
