"""The models of this package, in the module that Django imports."""

from foundation.files.models import FileImport, FileImportRow, FileMapping
from foundation.records.audit import AuditEntry
from foundation.records.models import Comment, Revision

__all__ = ["AuditEntry", "Comment", "FileImport", "FileImportRow", "FileMapping", "Revision"]
