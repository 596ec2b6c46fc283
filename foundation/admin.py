"""The admin of this package, where Django looks for it."""

from foundation.files.importing.admin import FileImportAdmin

__all__ = ["FileImportAdmin"]
