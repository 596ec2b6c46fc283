"""The models of this package for the admin, in the module that Django imports."""

from foundation.files.importing.admin import FileImportAdmin
from foundation.records.revision_list_admin import RevisionAdmin

__all__ = ["FileImportAdmin", "RevisionAdmin"]
