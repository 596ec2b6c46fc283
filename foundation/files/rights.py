"""Whose files somebody may import and export: by the permissions of the records, and by the library's settings.

`IMPORT_EXPORT_IMPORT_PERMISSION_CODE` and `IMPORT_EXPORT_EXPORT_PERMISSION_CODE` name an action on the records, such as
`export`, whose permission is asked for beside ours.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_permission_codename

from foundation.files.resources import FileResource, resources


def may_import(user: Any, resource: type[FileResource]) -> bool:
    """Whether somebody may import files, and add and change such records."""
    code = getattr(settings, "IMPORT_EXPORT_IMPORT_PERMISSION_CODE", None)
    return bool(user.has_perm(settings.IMPORT_PERMISSION)) and _may(user, resource, "add", "change", code)


def may_export(user: Any, resource: type[FileResource]) -> bool:
    """Whether somebody may see such records."""
    return _may(user, resource, "view", getattr(settings, "IMPORT_EXPORT_EXPORT_PERMISSION_CODE", None))


def _may(user: Any, resource: type[FileResource], *actions: str | None) -> bool:
    options = resource.model()._meta
    names = (get_permission_codename(action, options) for action in actions if action)
    return all(user.has_perm(f"{options.app_label}.{name}") for name in names)


def importable(user: Any) -> list[tuple[str, str]]:
    """The kinds of files that somebody may import, each with its words."""
    return [
        (name, f"{resource.model()._meta.verbose_name_plural} ({name}.csv)".capitalize())
        for name, resource in reversed(resources().items())
        if may_import(user, resource)
    ]


def exportable(user: Any) -> list[tuple[str, str]]:
    """The kinds of files that somebody may export, each with its words."""
    return [
        (name, str(resource.model()._meta.verbose_name_plural).capitalize())
        for name, resource in reversed(resources().items())
        if may_export(user, resource)
    ]
