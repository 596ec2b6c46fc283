"""Captures of sources, their texts, and the health of their links.

A capture is what was downloaded or uploaded, and is immutable: a trigger enforces that. What is derived from it (its
text, the result of quote checks) and the state of its URL are in separate tables, which can be rebuilt at any time.
"""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.search import SearchVectorField
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from foundation.publication import bumps_public_version
from measures.archive.choices import CaptureMethod, LinkState, QuoteState, TextState
from measures.models.published import (
    OF_PUBLISHED_BY_CAPTURE,
    OF_PUBLISHED_BY_CITATION,
    OF_PUBLISHED_BY_LINK,
    OF_PUBLISHED_BY_SOURCE,
)
from measures.models.source import Citation, Source

SHA256 = r"^[0-9a-f]{64}$"
REMOVING = "observatory.removes_captures"
"""The PostgreSQL session setting that is `yes` while a capture is removed on purpose."""
MOVING = "observatory.moves_captures"
"""The one that is `yes` while a merge gives captures another source; only the owner of the table may update it."""


def archive_storage() -> Storage:
    """The storage of the archive's files."""
    return storages["archive"]


class CaptureQuerySet(models.QuerySet["Capture"]):
    """Captures, in words of the archive."""

    def current(self) -> "CaptureQuerySet":
        """The current capture of each source: the last response of its URL, else the newest."""
        later = Capture.objects.filter(source=OuterRef("source")).filter(
            Q(captured_at__gt=OuterRef("captured_at")) | Q(captured_at=OuterRef("captured_at"), pk__gt=OuterRef("pk"))
        )
        return self.filter(Q(source__link__capture=F("pk")) | Q(~Exists(later), source__link__capture=None))

    def with_reading(self) -> "CaptureQuerySet":
        """Load the results of reading, without the texts, which may be as long as books."""
        texts = (f"document_text__{name}" for name in ("text", "vector", "page_starts"))
        return self.select_related("document_text").defer(*texts)

    def newest_first(self) -> "CaptureQuerySet":
        return self.order_by("-captured_at", "-pk")


@bumps_public_version(OF_PUBLISHED_BY_SOURCE, when=["insert", "delete"])
@pgtrigger.register(
    pgtrigger.Trigger(
        name="never_edited",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            if current_setting('{MOVING}', true) is distinct from 'yes'
                or to_jsonb(old) - 'source_id' <> to_jsonb(new) - 'source_id'
            then
                raise exception 'Capture % is never edited.', old.id using errcode = 'integrity_constraint_violation';
            end if;
            return new;
        """,
    ),
    pgtrigger.Trigger(
        name="kept",
        when=pgtrigger.Before,
        operation=pgtrigger.Delete,
        func=f"""
            if current_setting('{REMOVING}', true) is distinct from 'yes' then
                raise exception 'Capture % is kept for good.', old.id using errcode = 'integrity_constraint_violation';
            end if;
            return old;
        """,
    ),
)
class Capture(models.Model):
    """A document as it was at one time, kept by its content: the same bytes are one file, whatever they are called."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="captures", verbose_name=_("source"))
    captured_at = models.DateTimeField(_("captured"))
    method = models.CharField(_("method"), max_length=10, choices=CaptureMethod)
    captured_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    url = models.CharField(_("requested address"), max_length=2000, blank=True)
    final_url = models.CharField(_("final address"), max_length=2000, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    media_type = models.CharField(_("type"), max_length=100)
    """Detected from the content; the server's header is in the WARC."""
    charset = models.CharField(_("character set"), max_length=40, blank=True)
    """As stated by the server."""
    size = models.PositiveBigIntegerField(_("size"))
    """Size of the document in bytes, unpacked."""
    sha256 = models.CharField("SHA-256", max_length=64)
    file = models.FileField(_("file"), storage=archive_storage, max_length=120)
    warc = models.FileField("WARC", storage=archive_storage, max_length=120, blank=True)
    """Requests and responses as transmitted; the file name begins with its SHA-256."""

    objects = CaptureQuerySet.as_manager()

    class Meta:
        verbose_name = _("capture")
        verbose_name_plural = _("captures")
        ordering = ["source", "-captured_at", "-pk"]
        default_permissions = ("add", "view")
        indexes = [models.Index(fields=["source", "-captured_at"], name="measures_capture_newest")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "sha256"],
                name="measures_capture_content_once",
                violation_error_message=_("The archive already has this document for this source."),
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=SHA256),
                name="measures_capture_sha256_form",
                violation_error_message=_("A SHA-256 hash has 64 hexadecimal digits."),
            ),
            models.CheckConstraint(
                condition=Q(method=CaptureMethod.FETCH, captured_by=None)
                & ~Q(url="")
                & ~Q(final_url="")
                & ~Q(warc="")
                & Q(http_status__isnull=False)
                | Q(
                    method=CaptureMethod.UPLOAD,
                    captured_by__isnull=False,
                    url="",
                    final_url="",
                    warc="",
                    http_status=None,
                ),
                name="measures_capture_method_facts",
                violation_error_message=_(
                    "A fetched capture needs an address and a WARC file, an uploaded one a person."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source_id} {self.captured_at:%Y-%m-%d %H:%M} {self.sha256[:12]}"


@bumps_public_version(OF_PUBLISHED_BY_CAPTURE)
class DocumentText(models.Model):
    """The extracted text and the picture of a capture, which can be generated again."""

    capture = models.OneToOneField(
        Capture, models.CASCADE, primary_key=True, related_name="document_text", verbose_name=_("capture")
    )
    state = models.CharField(_("state"), max_length=10, choices=TextState)
    read_at = models.DateTimeField(_("read"))
    text = models.TextField(_("text"), blank=True)
    pages = models.PositiveIntegerField(_("pages"), null=True)
    language = models.CharField(_("language"), max_length=35, blank=True)
    """Detected from the text, else that of the source; decides how words are stemmed."""
    page_starts = models.JSONField(default=list)
    """The offset in the text of each page, in characters; empty for a document without pages."""
    picture = models.FileField(_("picture"), storage=archive_storage, max_length=120, blank=True)
    """A PDF of a web page as a browser draws it, without network and scripts."""
    vector = SearchVectorField(null=True)
    """The search vector, which becomes part of that of the source (`SourceText`); written by a trigger."""

    class Meta:
        verbose_name = _("text of a capture")
        verbose_name_plural = _("texts of captures")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state=TextState.READ) & ~Q(text="")
                | Q(state__in=[TextState.EMPTY, TextState.UNREADABLE], text=""),
                name="measures_documenttext_state",
                violation_error_message=_("A capture has a text if it was read, and only then."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.capture_id}: {self.state}"


class Host(models.Model):
    """A web server, with its politeness rules: when it may be requested again, and what it allows robots."""

    name = models.CharField(max_length=260, primary_key=True)
    """As in a URL, with a non-standard port."""
    free_at = models.DateTimeField()
    """No request before this time; every worker writes here before it sends one."""
    robots = models.TextField(blank=True)
    robots_at = models.DateTimeField(null=True)
    """When `robots.txt` was last asked for."""

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["free_at"], name="measures_host_free")]

    def __str__(self) -> str:
        return self.name


@bumps_public_version(OF_PUBLISHED_BY_LINK)
class Link(models.Model):
    """Whether a source's URL still returns the same document; also the queue of link checks.

    One bad day is not enough: a link counts as broken after several failures over several days. Until then its state is
    the last known one, and `failing_since` is set.
    """

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="link")
    host = models.ForeignKey(Host, models.PROTECT, related_name="links", db_index=False)
    url = models.CharField(max_length=2000)
    """The URL that the fields below refer to; if the source's URL changes, they are reset."""
    state = models.CharField(_("link state"), max_length=10, choices=LinkState, default=LinkState.UNKNOWN)
    since = models.DateTimeField(_("since"), null=True)
    checked_at = models.DateTimeField(_("last checked"), null=True)
    due_at = models.DateTimeField(_("next check"))
    answered_at = models.DateTimeField(_("last response"), null=True)
    failing_since = models.DateTimeField(_("failing since"), null=True)
    failures = models.PositiveSmallIntegerField(_("consecutive failures"), default=0)
    problem = models.CharField(_("problem"), max_length=30, blank=True)
    """A `Reason` of a fetch, `robots`, or a status such as `http_404`."""
    moved_to = models.CharField(_("moved to"), max_length=2000, blank=True)
    capture = models.ForeignKey(Capture, models.SET_NULL, null=True, related_name="+", verbose_name=_("capture"))
    """The last response of the URL."""
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        default_permissions = ()
        indexes = [
            models.Index(fields=["host", "due_at"], name="measures_link_due_of_host"),
            models.Index(fields=["state", "since"], name="measures_link_state"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(failures=0, failing_since=None, problem="")
                | Q(failures__gt=0, failing_since__isnull=False) & ~Q(problem=""),
                name="measures_link_failures",
                violation_error_message=_("A failing link needs a problem and the day of its first failure."),
            ),
            models.CheckConstraint(
                condition=Q(state=LinkState.MOVED) & ~Q(moved_to="")
                | Q(state__in=[LinkState.UNKNOWN, LinkState.ALIVE, LinkState.CHANGED, LinkState.BROKEN]),
                name="measures_link_moved_to",
                violation_error_message=_("A link that has moved needs a new address."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.url}: {self.state}"


@bumps_public_version(OF_PUBLISHED_BY_CITATION)
class QuoteCheck(models.Model):
    """Whether the quote of a citation was found in the captures of its source."""

    citation = models.OneToOneField(Citation, models.CASCADE, primary_key=True, related_name="quote_check")
    quote = models.CharField(max_length=600)
    """The quote that was looked for; if the citation's quote has changed, the check is outdated."""
    state = models.CharField(_("quote"), max_length=15, choices=QuoteState)
    capture = models.ForeignKey(Capture, models.SET_NULL, null=True, related_name="+", verbose_name=_("capture"))
    """The newest capture that contains the quote, else the last one searched."""
    page = models.PositiveIntegerField(_("page"), null=True)
    """The page on which the quote begins, from 1, if the document has pages."""
    checked_at = models.DateTimeField(_("checked"))

    class Meta:
        verbose_name = _("quote check")
        verbose_name_plural = _("quote checks")
        default_permissions = ()
        indexes = [models.Index(fields=["state"], name="measures_quotecheck_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=QuoteState.values),
                name="measures_quotecheck_state_known",
                violation_error_message=_("Choose a state from the list."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.citation_id}: {self.state}"
