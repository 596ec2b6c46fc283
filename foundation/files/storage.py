"""Where files are that are never served from their folder; `settings.STORAGES` has one for each purpose."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible
class PrivateStorage(FileSystemStorage):
    """Files that only the account that runs the site can read, in the folder that a setting names."""

    def __init__(self, setting: str, file_permissions_mode: int = 0o600) -> None:
        super().__init__(file_permissions_mode=file_permissions_mode)
        self._setting = setting

    def _save(self, name: str, content: Any) -> str:
        """Django leaves what it has written so far, which on a full disk takes the last of the room."""
        path = Path(self.path(name))
        is_another = path.exists()
        try:
            saved: str = super()._save(name, content)  # type: ignore[misc]  # not in the stubs
        except OSError:
            if not is_another:
                path.unlink(missing_ok=True)
            raise
        return saved

    @property
    def base_location(self) -> str:
        """Read from the settings each time, so that each test has a folder of its own."""
        return str(getattr(settings, self._setting))

    @property
    def location(self) -> str:
        return self.base_location
