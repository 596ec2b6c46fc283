"""Parse cells into country, period and value, or a reason why not. Repeated cells are parsed once."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from countries.feeds.problems import Tally
from countries.feeds.reading import Cells
from countries.models import Country, CountryCode, DayOrder, DecimalMark, FeedFormat, IndicatorFeed
from foundation.files.cells import is_placeholder
from foundation.partial_dates import PartialDate
from foundation.texts import without_accents

Understood = tuple[int, str, str, str | None]
"""Line, ISO 3166-1 alpha-3 code, and canonical period and value; the value is None for an empty cell."""

NOTHING = frozenset(("..", "...", ":", "*"))
"""What statistical offices write for a missing value, in addition to the usual placeholders."""
MOST_DIGITS = 14
"""Before the decimal point; the database keeps six behind it."""
FIRST_TO_SEE_A_DAY = datetime.timedelta(hours=14)
"""The largest UTC offset (Kiritimati): a value for today there may be valid."""
LEFT_OUT = "-"
"""In place of a country code: rows that the alias table skips."""

_WHOLE = re.compile(r"[+-]?\d{1,14}", re.ASCII)
_BLANKS = re.compile(r"[+-]?\d{1,3}([ \u00a0\u2009\u202f]\d{3})+([.,]\d+)?", re.ASCII)
_COMMAS = re.compile(r"[+-]?\d{1,3}(?P<first>,\d{3})(?P<rest>(,\d{3})+(\.\d*)?|\.\d+)?", re.ASCII)
_POINTS = re.compile(r"[+-]?\d{1,3}(?P<first>\.\d{3})(?P<rest>(\.\d{3})+(,\d*)?|,\d+)?", re.ASCII)
_LIKE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d*)?([eE][+-]?\d{1,2})?", re.ASCII)
_OF_ANY_LENGTH = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{2}|\d{4})(?: 0?0:00(?::00)?)?", re.ASCII)
_YEAR_FIRST = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?|(\d{2})(\d{2})|M(\d{2}))(?:[T ]\d{2}:\d{2}.*)?", re.ASCII
)
_ISO = re.compile(r"\d{4}(?:-\d{1,2}){0,2}", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])", re.ASCII)
_ANY_QUARTER = re.compile(r"\d{4}-?Q\d+", re.ASCII)
_MONTH = re.compile(r"(\d{4})M(\d{2})", re.ASCII)
_NAMED_YEAR = re.compile(r"(\d{4}) \[YR\1\]", re.ASCII)
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}.*", re.ASCII)


class Unknown(Exception):
    """A cell cannot be parsed: what is wrong, and the remedy."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem, self.remedy = problem, remedy


class LeftOut(Exception):
    """The place is not a country, and the feed skips such rows."""


def understood(
    cells: Iterable[Cells], feed: IndicatorFeed, tally: Tally, *, at: datetime.datetime | None = None
) -> Iterator[Understood]:
    """Parse the rows; `tally` counts the refused ones by reason. Queries run at once, not while rows are iterated."""
    country_of, period_of = remembering(country_reader(feed)), remembering(period_reader(feed, at=at))
    return _understood(cells, country_of, period_of, value_reader(feed), tally)


def _understood(
    cells: Iterable[Cells],
    country_of: Callable[[str], str],
    period_of: Callable[[str], str],
    value_of: Callable[[str], str],
    tally: Tally,
) -> Iterator[Understood]:
    for line, country, day, value in cells:
        tally.read += 1
        if country is None or day is None or value is None:
            tally.refuse(_("The row has fewer cells than the header."), _("Check that row in the file."), line, "")
            continue
        cell = country
        try:
            code = country_of(country)
            if is_without_value(value):
                tally.without_value += 1
                with suppress(Unknown):
                    yield line, code, period_of(day), None
                continue
            cell = day
            period = period_of(day)
            cell = value
            yield line, code, period, value_of(value)
        except LeftOut:
            tally.skipped += 1
        except Unknown as unknown:
            tally.refuse(unknown.problem, unknown.remedy, line, cell)


def remembering(read: Callable[[str], str]) -> Callable[[str], str]:
    """Cache `read` by its argument, including the errors that it raises."""
    known: dict[str, str | Exception] = {}

    def ask(text: str) -> str:
        if (found := known.get(text)) is None:
            try:
                found = read(text)
            except (Unknown, LeftOut) as error:
                found = error
            known[text] = found
        if isinstance(found, str):
            return found
        raise found.with_traceback(None)  # the traceback would grow with each row

    return ask


# Countries


def country_reader(feed: IndicatorFeed) -> Callable[[str], str]:
    """Return a function from a cell to a country code; it raises Unknown or LeftOut."""
    code_of_feed = CountryCode.ISO3 if feed.format == FeedFormat.WORLD_BANK else CountryCode(feed.country_code)
    codes, aliases = countries_by(code_of_feed), aliases_of(feed)
    fold = folded if code_of_feed == CountryCode.NAME else str.upper

    def read(text: str) -> str:
        stripped = text.strip()
        if (alias := aliases.get(stripped)) is not None:
            if alias == LEFT_OUT:
                raise LeftOut
            return alias
        asked = stripped.zfill(3) if code_of_feed == CountryCode.M49 else stripped
        if code := codes.get(fold(asked)):
            return code
        if feed.leaves_out_unknown:
            raise LeftOut
        raise Unknown(
            _("The country is unknown."),
            _("Add it to “other spellings” with its three-letter code, or with nothing after = to skip it."),
        )

    return read


def countries_by(code: CountryCode) -> dict[str, str]:
    """ISO 3166-1 alpha-3 codes by what files write; names are lower-cased and stripped of accents."""
    if code != CountryCode.NAME:
        return dict(Country.objects.exclude(**{code.value: ""}).values_list(code.value, "iso3"))
    names = Country.objects.values_list("iso3", "sort_name_en", "sort_name_es", "sort_name_pt")
    return {folded(name): iso3 for iso3, *of_country in names for name in of_country}


def folded(name: str) -> str:
    """Normalize a name for comparison: lower case, without accents and punctuation."""
    return " ".join(re.findall(r"\w+", without_accents(name)))


def aliases_of(feed: IndicatorFeed) -> dict[str, str]:
    """The alias table of the feed: what the file writes -> a code, or LEFT_OUT."""
    lines = (line.rpartition("=") for line in feed.aliases.splitlines() if line.strip())
    return {before.strip(): after.strip().upper() or LEFT_OUT for before, _equals, after in lines}


def refuse_bad_aliases(feed: IndicatorFeed) -> None:
    """Raise ValidationError for a line of the alias table that is no `text = PER`."""
    known = set(Country.objects.values_list("iso3", flat=True))
    for line in filter(str.strip, feed.aliases.splitlines()):
        before, equals, after = line.rpartition("=")
        if not equals or not before.strip():
            raise ValidationError(
                _("“%(line)s”: write the spelling in the file, =, and a code: Bolivia = BOL.") % {"line": line}
            )
        if after.strip() and after.strip().upper() not in known:
            raise ValidationError(_("“%(code)s” is not a country code such as PER.") % {"code": after.strip()})


# Days


def period_reader(feed: IndicatorFeed, *, at: datetime.datetime | None = None) -> Callable[[str], str]:
    """Return a function from a cell to the canonical text of a period; it raises Unknown.

    A period must have begun by the moment `at` (default: now) somewhere on Earth.
    """
    order = DayOrder.ISO if feed.format == FeedFormat.WORLD_BANK else DayOrder(feed.day_order)
    today = str(((at or timezone.now()).astimezone(datetime.UTC) + FIRST_TO_SEE_A_DAY).date())

    def read(text: str) -> str:
        try:
            period = _canonical(text.strip(), order)
        except (ValidationError, ValueError):
            raise _unreadable_day(text.strip()) from None
        begin = period.partition("/")[0]
        if begin > today[: len(begin)]:
            raise Unknown(
                _("The date is in the future."),
                _(
                    "Forecasts are not observations: filter them out. If the date has passed, set the clock of this "
                    "server."
                ),
            )
        return period

    return read


def _canonical(text: str, order: DayOrder) -> str:
    if order != DayOrder.ISO and (match := _DAY.fullmatch(text)):
        first, second, year = (int(part) for part in match.groups())
        day, month = (first, second) if order == DayOrder.DAY_FIRST else (second, first)
        return _day(year + 2000 if len(match[3]) == 2 else year, month, day)
    if match := _COMPACT.fullmatch(text):
        return _day(*(int(part) for part in match.groups()))
    if match := _QUARTER.fullmatch(text):
        last = int(match[2]) * 3
        return f"{match[1]}-{last - 2:02d}/{match[1]}-{last:02d}"
    if match := _MONTH.fullmatch(text):
        text = f"{match[1]}-{match[2]}"
    elif match := _NAMED_YEAR.fullmatch(text) or _TIME.fullmatch(text):
        text = match[1]
    if not _ISO.fullmatch(text):
        raise ValueError(text)
    return str(PartialDate.parse(text))


def _unreadable_day(text: str) -> Unknown:
    """Why a text is not a period: no such date, a different order, or not a date at all."""
    if _is_in_no_calendar(text):
        return Unknown(
            _("This date does not exist."),
            _("It is invalid whether the day or the month comes first. Ask the source to correct it."),
        )
    if _DAY.fullmatch(text):
        remedy = _("Choose the date format in the feed; it applies to the whole file.")
    else:
        remedy = _("Write dates as 2020-05-29, 29/05/2020, 2020-05, 2020-Q2 or 2020.")
    return Unknown(_("The date cannot be read."), remedy)


def _is_in_no_calendar(text: str) -> bool:
    """Whether this is written as a day, month or quarter but does not exist in any order."""
    if match := _DAY.fullmatch(text):
        first, second, year = (int(part) for part in match.groups())
        year += 2000 if len(match[3]) == 2 else 0
        return not (_exists(year, first, second) or _exists(year, second, first))
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day = [*(int(part) for part in match.groups() if part), 1][:3]
        return not _exists(year, month, day)
    return _ANY_QUARTER.fullmatch(text) is not None and not _QUARTER.fullmatch(text)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True


def _day(year: int, month: int, day: int) -> str:
    return str(PartialDate.parse(f"{year:04d}-{month:02d}-{day:02d}"))


# Values


def is_without_value(text: str) -> bool:
    """Whether a cell says that there is no value."""
    stripped = text.strip()
    return not stripped or stripped in NOTHING or is_placeholder(stripped)


def value_reader(feed: IndicatorFeed) -> Callable[[str], str]:
    """Return a function from a cell to a number in the unit of the indicator; it raises Unknown."""
    unit = feed.indicator.unit if feed.indicator_id else None
    multiplier = Decimal(feed.multiplier)
    is_one = multiplier == 1
    is_json = feed.format in (FeedFormat.JSON, FeedFormat.WORLD_BANK)
    is_comma, is_percent = feed.decimal_mark == DecimalMark.COMMA, unit is not None and unit.is_percent
    is_whole = is_one and not is_json and unit is not None and unit.is_whole

    def read(text: str) -> str:
        number = text.strip()
        if is_one and _WHOLE.fullmatch(number):
            return number
        number = _plain(number, is_comma=is_comma, is_percent=is_percent)
        if not _NUMBER.fullmatch(number):
            if _OF_ANY_LENGTH.fullmatch(number):
                raise _too_large()
            raise Unknown(_("The value is not a number."), _plain_number_wanted())
        is_short = "e" in number or "E" in number
        if is_whole:
            _refuse_doubtful_count(text.strip(), number, is_short=is_short)
        if is_one and len(number) <= MOST_DIGITS and not is_short:
            return number
        value = Decimal(number) * multiplier
        if abs(value) >= 10**MOST_DIGITS:
            raise _too_large()
        return format(value.quantize(Decimal("0.000001")), "f")

    return read


def _too_large() -> Unknown:
    return Unknown(
        _("The value is too large."),
        _("A value may have at most %(most)d digits before the decimals. Check that row, and the factor in the feed.")
        % {"most": MOST_DIGITS},
    )


def _plain_number_wanted() -> str:
    return _("If decimals follow a comma, say so in the feed. Text such as “<5” is not a value.")


def _plain(text: str, *, is_comma: bool, is_percent: bool) -> str:
    """`text` with a decimal point and without thousands separators, if the feed's settings leave only one reading."""
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    if is_percent and text.endswith("%"):
        text = text[:-1].rstrip()
    if _BLANKS.fullmatch(text):
        text = "".join(text.split())
    mark, other = (",", ".") if is_comma else (".", ",")
    if other in text:
        if not (match := (_POINTS if is_comma else _COMMAS).fullmatch(text)):
            return "?"
        if match["first"] and not match["rest"]:
            raise _ambiguous(text)
        text = text.replace(other, "")
    return text.replace(mark, ".")


def _refuse_doubtful_count(text: str, number: str, *, is_short: bool) -> None:
    """Raise if a count does not look like one: it has three decimals, or a spreadsheet rounded it."""
    if is_short:
        raise Unknown(
            _("The value is written with an exponent."),
            _("Spreadsheets round numbers this way. Ask the source for all digits, such as 1000000."),
        )
    if _LIKE_THOUSANDS.fullmatch(number):
        raise _ambiguous(text)


def _ambiguous(text: str) -> Unknown:
    whole, before, after = re.sub(r"[.,]", "", text), *re.split(r"[.,]", text)
    decimals = f"{before}.{after}".rstrip("0").rstrip(".")
    return Unknown(
        _("The value is ambiguous."),
        _("“%(text)s” may mean %(whole)s or %(decimals)s. Ask the source for numbers without thousands separators.")
        % {"text": text, "whole": whole, "decimals": decimals},
    )
