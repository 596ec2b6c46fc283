"""Two sources become one: with the citations, events and captures of both."""

import json
from typing import Any

import pghistory
from django.utils.translation import gettext as _

from countries.models import Named, lead_on
from foundation.records.teams import may_see
from foundation.sql import rows
from measures.archive.choices import Rights, SourceKind
from measures.merging.moving import Moved, Report, fill, references_to, repoint
from measures.models import Capture, Citation, Link, Measure, Source


def merge_sources(kept: Source, gone: Source, *, by: Any) -> Report:
    """Give what rests on a source to another; the address of the former leads to the latter."""
    report = Report(by)
    touched: set[int] = set()
    _note_checks(gone)
    for key in references_to(Source):
        if key.model is Capture:
            continue
        moved, left = repoint(key, gone, kept)
        report.tell(key.model._meta.verbose_name_plural, moved)
        if key.model is Citation:
            _drop_repeated(left, kept, report)
        touched |= {row.measure_id for row in (*moved, *left) if hasattr(row, "measure_id")}
    _note_captures(kept, gone)
    if captures := rows("select measures_move_captures(%s, %s)", [gone.pk, kept.pk])[0][0]:
        report.moved.append(Moved(str(Capture._meta.verbose_name_plural).capitalize(), captures))
    Link.objects.filter(source=gone).delete()
    _take_facts(kept, gone, report)
    lead_on(Named.SOURCE, [gone.key], gone=gone, kept=kept)
    lead_on(Named.ADDRESS, [gone.url_key], gone=gone, kept=kept)
    Measure.objects.filter(pk__in=touched).mark_changed(by=by)
    return report


def _note_captures(kept: Source, gone: Source) -> None:
    """Note in the history which captures change hands, and those that go since `kept` has them too."""
    moved, dropped = rows(
        "select coalesce(jsonb_agg(c.id) filter (where k.id is null), '[]'),"
        " coalesce(jsonb_agg(to_jsonb(c)) filter (where k.id is not null), '[]')::text from measures_capture c"
        " left join measures_capture k on k.sha256 = c.sha256 and k.source_id = %s where c.source_id = %s",
        [kept.pk, gone.pk],
    )[0]
    pghistory.context(captures={"moved": json.loads(moved) if isinstance(moved, str) else moved, "dropped": dropped})


def _note_checks(gone: Source) -> None:
    """Note in the history the check of the link and those of quotes, which have no history and go or change."""
    links, quotes = rows(
        "select (select coalesce(jsonb_agg(l), '[]')::text from measures_link l where l.source_id = %(gone)s),"
        " (select coalesce(jsonb_agg(q), '[]')::text from measures_quotecheck q"
        " join measures_citation c on c.id = q.citation_id where c.source_id = %(gone)s)",
        {"gone": gone.pk},
    )[0]
    pghistory.context(checks={"measures_link": links, "measures_quotecheck": quotes})


def _drop_repeated(left: list[Citation], kept: Source, report: Report) -> None:
    """Remove citations that the entry then has twice; a quote that the other lacks is kept."""
    for citation in left:
        twin = Citation.objects.get(
            measure=citation.measure_id, source=kept, locator=citation.locator, field=citation.field
        )
        if citation.quote and not twin.quote:
            Citation.objects.filter(pk=twin.pk).update(quote=citation.quote)
        elif citation.quote and citation.quote != twin.quote:
            report.conflicts.append(_dropped_quote(citation, twin, report))
        citation.delete()


def _dropped_quote(gone: Citation, kept: Citation, report: Report) -> str:
    if not may_see(report.reader, gone.measure):
        return _("One of two quotes in a record of another country is dropped.")
    words = _("Quote in %(entry)s: “%(kept)s” stays, “%(gone)s” is dropped.")
    return words % {"entry": gone.measure.public_id, "kept": kept.quote, "gone": gone.quote}


def _take_facts(kept: Source, gone: Source, report: Report) -> None:
    """Fill what is not known of the kept source; its address stays free of that of the other until that is gone."""
    fill(kept, gone, ["url", "publisher", "language", "published", "accessed_on"], report)
    if kept.kind == SourceKind.UNSPECIFIED:
        kept.kind = gone.kind
    if kept.rights != gone.rights:  # a copy is shown only if both say so
        kept.rights = Rights.LINK_ONLY if Rights.LINK_ONLY in (kept.rights, gone.rights) else Rights.UNKNOWN
        report.conflicts.append(_("Rights differ. They become “%(rights)s”.") % {"rights": kept.get_rights_display()})
    Source.objects.filter(pk=gone.pk).delete()
    kept.save()
