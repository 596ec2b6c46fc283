"""What a number needs to be whole, by country and form."""

from functools import cache

from measures.references.tables import Series, all_series, forms

_USUAL_FORMS = {
    "law": "law",
    "executive_decree": "decree",
    "emergency_declaration": "decree",
    "emergency_decree": "decree.urgency",
    "legislative_decree": "decree.legislative",
    "ministerial_resolution": "resolution",
    "agency_resolution": "resolution",
    "legislative_resolution": "resolution.legislative",
    "constitutional_reform": "amendment",
    "bill": "bill",
    "court_decision": "judgment",
    "treaty": "treaty",
}
"""The form that a kind has where the table of series has no other."""


def _matching(country: str, form: str, kind: str) -> Series | None:
    """The series of a form in a country: its own row, or the row of the kind if the form is generic."""
    rows = all_series().get(country, [])
    named = [series for series in rows if form in series.forms or form in series.one_series]
    of_kind = [series for series in named if not kind or kind in series.kinds]
    return next(iter(of_kind or named), None)


@cache
def form_of_kind(country: str, kind: str) -> str:
    """The form that a kind of act has in a country, such as `decree.supreme` of an executive decree in Peru; or ''."""
    for series in all_series().get(country, []):
        if kind in series.kinds:
            return series.forms[0]
    return _USUAL_FORMS.get(kind, "") if country not in ("EU", "UN", "OAS") else ""


@cache
def needs_of(country: str, form: str, kind: str) -> str:
    """What a number of that form needs: `number`, `number year` or `all`."""
    series = _matching(country, form, kind)
    if series is None and (own := form_of_kind(country, kind)) and form and forms()[own].parent == form:
        series = _matching(country, own, kind)
    if series is not None and series.kinds and kind and kind not in series.kinds and form not in series.forms:
        return "all"
    return series.needs if series else "all"


@cache
def is_one_series(country: str, one: str, other: str) -> bool:
    """Whether two forms are numbered together."""
    if not one or not other:
        return False
    return one == other or any(
        one in series.one_series and other in series.one_series for series in all_series().get(country, [])
    )


@cache
def is_form_of_kind(country: str, form: str, kind: str) -> bool:
    """Whether acts of a kind have that form in a country: the laws of Guatemala are decrees."""
    return any(form in series.forms and kind in series.kinds for series in all_series().get(country, []))


@cache
def has_own_series(country: str, form: str, other: str) -> bool:
    """Whether a form has a row of its own, apart from that of another one."""
    rows = all_series().get(country, [])
    return any(form in series.forms and other not in series.forms for series in rows)


@cache
def has_series(country: str, form: str) -> bool:
    """Whether the table has a row of that form for the country."""
    return any(form in series.forms for series in all_series().get(country, []))
