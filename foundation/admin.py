"""The models of this package for the admin, in the module that Django imports."""

from foundation.files.importing.admin import FileImportAdmin

__all__ = ["FileImportAdmin"]
