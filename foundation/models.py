"""The models of this package, in the module that Django imports."""

from foundation.files.models import FileImport, FileImportRow

__all__ = ["FileImport", "FileImportRow"]
