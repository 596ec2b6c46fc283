"""The models of this package, where Django looks for them."""

from foundation.files.models import FileImport, FileImportRow

__all__ = ["FileImport", "FileImportRow"]
