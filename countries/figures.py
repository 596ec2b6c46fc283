"""Format a value with its qualifier and period, in the active language."""

from decimal import Decimal

from babel.numbers import format_compact_decimal
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from countries.models import Observation, ObservationStatus, Qualifier, Unit

NARROW_SPACE = "\u202f"  # a non-breaking narrow space between number and percent sign
MILLION, TEN_THOUSAND = 1_000_000, 10_000


def stated_value(observation: Observation) -> str:
    """`more than 482,500`, `about 1.7 million`, `24.6 %`; what has no number is said in words, never as zero."""
    if observation.qualifier == Qualifier.MAJORITY:
        return _("the majority; number not stated")
    if observation.value is None:
        return _("No value recorded")
    number = in_unit(observation.value, observation.indicator.unit, observation.indicator.decimals)
    return qualified(number, Qualifier(observation.qualifier))


def stated_period(observation: Observation) -> str:
    """`2019`, `2016 to 2019`, `May 2020 (year inferred)`, `period not stated`."""
    period = observation.period
    if not period:
        return _("period not stated")
    note = period.inferred_in_words()
    return f"{period.in_words()} ({note})" if note else period.in_words()


def stated_remark(observation: Observation) -> str:
    """The warning that the status of a value implies, or ''."""
    return {
        ObservationStatus.ESTIMATED: _("estimate"),
        ObservationStatus.PROVISIONAL: _("provisional"),
        ObservationStatus.BREAK: _("not comparable with earlier values"),
    }.get(ObservationStatus(observation.status), "")


def qualified(number: str, qualifier: Qualifier) -> str:
    """The number, preceded by the words for its qualifier."""
    words = {
        Qualifier.APPROX: _("about %(number)s"),
        Qualifier.GT: _("more than %(number)s"),
        Qualifier.GE: _("at least %(number)s"),
        Qualifier.LT: _("less than %(number)s"),
        Qualifier.LE: _("at most %(number)s"),
    }
    return words.get(qualifier, "%(number)s") % {"number": number}


def in_unit(value: Decimal, unit: str, decimals: int) -> str:
    """The number with its percent sign; a round number of millions is written with the word."""
    if unit == Unit.PERCENT:
        return f"{_plain(value, decimals)}{NARROW_SPACE}%"
    if unit not in (Unit.RANK, Unit.INDEX) and value >= MILLION and value % TEN_THOUSAND == 0:
        return format_compact_decimal(value, format_type="long", locale=_language(), fraction_digits=2)
    return _plain(value, decimals)


def _plain(value: Decimal, decimals: int) -> str:
    """With the decimals that the source has, at most those of the indicator."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    # Spanish groups thousands from five digits on (Real Academia Española)
    is_grouped = _language() != "es" or abs(value) >= TEN_THOUSAND
    return number_format(value, decimal_pos=min(max(-exponent, 0), decimals), force_grouping=is_grouped)


def _language() -> str:
    return (get_language() or "en")[:2]
