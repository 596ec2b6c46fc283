"""The processes of `manage.py demo`, watched and started again. Imports `observatory.embedded`."""
