"""Format a value with its qualifier and period, in the active language."""

from decimal import ROUND_HALF_UP, Decimal

from babel import Locale
from babel.numbers import get_currency_symbol
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from countries.models import Indicator, Observation, ObservationStatus, Qualifier, Unit

NARROW_SPACE = "\u202f"  # a non-breaking narrow space between number and percent sign
NO_BREAK_SPACE = "\u00a0"  # between the sign of a currency and the number
MILLION, TEN_THOUSAND = 1_000_000, 10_000
SIGNS_OF_CURRENCIES = {"en": "en_001"}
"""Whose signs of currencies are used: dollars of the United States are US$ in every language."""


def stated_value(observation: Observation) -> str:
    """`more than 482,500`, `about 1.7 million`, `24.6 %`; what has no number is said in words, never as zero."""
    if observation.qualifier == Qualifier.MAJORITY:
        return _("the majority; number not stated")
    if observation.value is None:
        return _("No value recorded")
    number = in_unit(observation.value, observation.indicator)
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


def in_unit(value: Decimal, indicator: Indicator) -> str:
    """`24.6 %`, `1.7 million`, `12.3 per 100,000`, `US$ 1,234 million (2020 prices)`: the number with its unit."""
    unit = indicator.unit
    words = short_in_unit(value, unit, indicator.places)
    if unit.base and not unit.is_percent:
        words = _("%(number)s per %(base)s") % {"number": words, "base": _plain(Decimal(unit.base), 0)}
    if unit.suffix:
        words = f"{words} {unit.suffix}"
    if unit.price_year:
        words = _("%(money)s (%(year)s prices)") % {"money": words, "year": unit.price_year}
    return words


def short_in_unit(value: Decimal, unit: Unit, decimals: int) -> str:
    """`24.6 %`, `1.7 million`, `12.3`, `US$ 1,234 million`: for axes and legends, whose heading names the unit."""
    if unit.is_percent:
        return f"{_plain(value, decimals)}{NARROW_SPACE}%"
    number = _plain(value, decimals) if unit.base else number_in_words(abs(value), decimals)
    if unit.currency:
        number = f"{_sign_of(unit.currency)}{NO_BREAK_SPACE}{number}"
    return f"-{number}" if value < 0 and not unit.base else number


def number_in_words(number: Decimal, decimals: int = 0) -> str:
    """A number without a unit; a round number of millions is written with the word."""
    if number < MILLION or number % TEN_THOUSAND:
        return _plain(number, decimals)
    # Never billions: in Spanish, a “billón” is a million millions
    millions, locale = number / MILLION, Locale.parse(_language())
    patterns = locale.compact_decimal_formats["long"]
    pattern = patterns.get(locale.plural_form(millions), patterns["other"])[str(MILLION)].pattern
    return str(pattern).replace("0", _plain(millions, 2))


def _sign_of(currency: str) -> str:
    """`US$`, `R$`; the code where the language has no sign of its own."""
    return str(get_currency_symbol(currency, SIGNS_OF_CURRENCIES.get(_language(), _language())))


def _plain(value: Decimal, decimals: int) -> str:
    """With the decimals that the source has, at most those of the indicator."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    places = min(max(-exponent, 0), decimals)
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)  # Django would cut digits off
    # Spanish groups thousands from five digits on (Real Academia Española)
    is_grouped = _language() != "es" or abs(rounded) >= TEN_THOUSAND
    return number_format(rounded, decimal_pos=places, force_grouping=is_grouped)


def _language() -> str:
    return (get_language() or "en")[:2]
