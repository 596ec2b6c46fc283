"""The vocabulary of sources: kinds of documents, rights, and states of links, captures and quotes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SourceKind(models.TextChoices):
    """The kind of a source document."""

    OFFICIAL_GAZETTE = "official_gazette", _("Official gazette")
    LEGAL_TEXT = "legal_text", _("Legal text outside the gazette")
    BILL_FILE = "bill_file", _("Legislative file")
    COURT_RECORD = "court_record", _("Court record")
    OFFICIAL_WEBSITE = "official_website", _("Official website")
    PRESS_RELEASE = "press_release", _("Press release")
    SOCIAL_POST = "social_post", _("Official social-media post")
    FOI_RESPONSE = "foi_response", _("Freedom-of-information reply")
    STATISTICS = "statistics", _("Statistical release or dataset")
    IO_REPORT = "io_report", _("Report of an international organisation")
    NGO_REPORT = "ngo_report", _("Civil-society report")
    ACADEMIC = "academic", _("Academic work")
    NEWS = "news", _("News article")
    BROADCAST = "broadcast", _("Broadcast or video")
    LAW_FIRM_NOTE = "law_firm_note", _("Law-firm note")
    INTERVIEW = "interview", _("Interview or testimony")
    OBSERVATORY_PAGE = "observatory_page", _("Observatory page")
    UNSPECIFIED = "unspecified", _("Source not stated")


class Rights(models.TextChoices):
    """Whether the kept copy of a source may be shown to the public."""

    SHOW = "show", _("The kept copy may be shown")
    LINK_ONLY = "link_only", _("Link only")
    UNKNOWN = "unknown", _("Not known")


class CaptureMethod(models.TextChoices):
    """How a capture was made."""

    FETCH = "fetch", _("Fetched from its address")
    UPLOAD = "upload", _("Uploaded")


class TextState(models.TextChoices):
    """The result of extracting the text of a capture."""

    READ = "read", _("Read")
    EMPTY = "empty", _("No text, such as a scan")
    UNREADABLE = "unreadable", _("Could not be read")


class LinkState(models.TextChoices):
    """The known state of a source's URL."""

    UNKNOWN = "unknown", _("Not checked yet")
    ALIVE = "alive", _("Works")
    CHANGED = "changed", _("Content has changed")
    MOVED = "moved", _("Has moved")
    BROKEN = "gone", _("Broken")


class QuoteState(models.TextChoices):
    """Whether a quote was found in the captures of its source."""

    FOUND = "found", _("Found in the kept copy")
    NO_LONGER = "no_longer", _("Only in an earlier copy")
    NOT_FOUND = "not_found", _("Not found in the kept copy")
    NOT_CHECKABLE = "not_checkable", _("Not checkable: no readable copy")
