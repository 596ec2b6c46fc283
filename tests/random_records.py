"""Random records of every kind, from a seed, for round trips of files: texts that trip parsers, nulls, every state."""

import datetime
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from countries.models import Country, MobilityRole, Observation
from foundation.characters import CharacterProblem, readable
from foundation.files.package.describing import packaged
from foundation.partial_dates import PartialDate, Period
from foundation.sql import execute
from measures.choices import (
    ENDING_STATUSES,
    STATE_FAMILIES,
    STATUSES,
    SYMMETRIC_RELATIONS,
    AliasKind,
    Direction,
    Evidence,
    Family,
    Kind,
    Level,
    RelationType,
    Workflow,
)
from measures.models import (
    Citation,
    Coverage,
    DataSet,
    ExternalId,
    FurtherBody,
    IssuingBody,
    Measure,
    ReferenceAlias,
    Relation,
    SeenNumber,
    Source,
    StatusEvent,
    TargetGroup,
    Topic,
)
from measures.models.source import CitedField
from measures.workflow import refresh_status
from tests import factories

PIECES = (
    *("a", "B", "ñ", "ç", "é", "文", "𐍈", " ", "  ", "\n", "\r", "\r\n", "\t", ",", ";", '"', '""', "'", "|", "=1+1"),
    *("\\", "\\N", "\\.", "@", "#", "+", "-", "%", "%s", "{}", "NA", "null", "\u2028", "\ufeff", "\x7f", "<b>", "’"),
)
COUNTRIES = ("PER", "ECU", "VEN", "BRB", "GUF", "USA")


class Records:
    """Random records in the database, all from one seed."""

    def __init__(self, seed: int, count: int) -> None:
        self.random, self.count = Random(seed), count  # noqa: S311  (no secret)
        self.by = User.objects.filter(username="author").first() or factories.user(username="author")

    @transaction.atomic
    def make(self) -> None:
        """Make about `count` measures, and some of everything else."""
        self._vocabulary()
        self._figures()
        self.sources = Source.objects.bulk_create(self._source(number) for number in range(self.count // 3 + 2))
        self._measures()
        self._parts()
        for when in ("immediate", "deferred"):
            execute(f"set constraints all {when}")

    # Values

    def text(self, longest: int = 60, *, is_filled: bool = False) -> str:
        """A text that forms and imports keep as it is typed."""
        pieces = [self.random.choice(PIECES) for _piece in range(self.random.choice((0, 1, 3, 12)))]
        text = "".join(["x", *pieces] if is_filled else pieces)[:longest]
        try:
            is_kept = readable(text) == text and not text.isspace()
        except CharacterProblem:
            is_kept = False
        return text if is_kept else self.text(longest, is_filled=is_filled)

    def date(self, first: int = 1900, last: int = 2020) -> PartialDate:
        """A date of any precision, stated or inferred."""
        year, month, day = self.random.randint(first, last), self.random.randint(1, 12), self.random.randint(1, 28)
        precision, mark = self.random.choice((1, 2, 3)), self.random.choice(("", "", "date", "year"))
        return PartialDate(
            year,
            month if precision > 1 else None,
            day if precision > 2 else None,
            inferred=mark == "date",
            year_inferred=mark == "year" and precision > 1,
        )

    def maybe(self, value: Any, nothing: Any = "") -> Any:
        """The value, or nothing."""
        return value if self.random.random() < 0.5 else nothing

    def day(self) -> datetime.date:
        """A day of the past."""
        return datetime.date(2021, 1, 1) + datetime.timedelta(days=self.random.randint(0, 1500))

    # What records name

    def _vocabulary(self) -> None:
        factories.site(name_en="An observatory", tagline_es=self.text(200))
        self.countries = [factories.country(iso3=iso3, summary_en=self.text()) for iso3 in COUNTRIES]
        self.areas = [
            factories.area(code=f"{country.iso2}-{n}", country=country, native_name=self.text(is_filled=True))
            for n in range(2)
            for country in self.countries
        ]
        self.topics = [factories.topic(key=f"t{n}.part_{n}", definition_en=self.text()) for n in range(6)]
        Topic.objects.filter(key="t0.part_0").update(deprecated_on=self.day(), replaced_by=self.topics[1])
        self.groups = [factories.target_group(key=f"g{n}", definition_pt=self.text()) for n in range(4)]
        TargetGroup.objects.filter(key="g0").update(deprecated_on=self.day(), replaced_by=self.groups[1])
        self.bodies = [
            factories.issuing_body(key=f"body{n}", country=country, aliases=self.text(), acronym=self.text(30))
            for n in range(3)
            for country in (None, *self.countries)
        ]
        IssuingBody.objects.filter(key="body1").update(active=Period.parse("2007/"))
        self.data_sets = DataSet.objects.bulk_create(
            DataSet(key=f"set-{n}", name=self.text(is_filled=True), licence=self.text(), address="") for n in range(2)
        )

    def _figures(self) -> None:
        self.roles = [factories.role(key=key) for key in ("sending", "transit")]
        MobilityRole.objects.bulk_create(
            MobilityRole(
                country=country, role=role, as_of=as_of, narrative_en=self.text(200, is_filled=True), source_name="A b"
            )
            for country in self.countries
            for role in self.roles
            for as_of in (None, PartialDate.parse("2020-05"))
        )
        people = factories.indicator(key="people", definition_es=self.text(), role=self.roles[0])
        share = factories.indicator(key="share", unit="percent", decimals=1, base=people)
        Observation.objects.bulk_create(
            Observation(
                indicator=people,
                country=country,
                counterpart=self.random.choice([None, *(c for c in self.countries if c != country)]),
                period=period,
                note=self.text(),
                source_name="A yearbook",
                **self._value(),
            )
            for country in self.countries
            for period in (None, Period.parse("2016/2019"), Period.parse("2020"), Period.parse("2021-05"))
        )
        factories.observation(indicator=share, value="12.345", period="2020", country=self.countries[0])
        Coverage.objects.bulk_create(
            Coverage(
                country=country,
                topic=topic,
                period=Period.parse(f"2020-Q{self.random.randint(1, 4)}"),
                state=self.random.choice(["nothing_found", "partial", "complete"]),
                checked_on=PartialDate.parse(self.random.choice(["2021", "2020-12-31", "2022-05?"])),
                checked_by=self.text(is_filled=True),
                searched=self.text(200, is_filled=True),
                is_proposed=is_proposed,
            )
            for country in self.countries
            for topic in self.topics
            for is_proposed in (False, True)
        )
        self._seen_numbers()
        factories.feed(key="daily", indicator=people, note=self.text(), jump="2.5", is_on=False)

    def _seen_numbers(self) -> None:
        SeenNumber.objects.bulk_create(
            SeenNumber(
                country=country,
                issuing_body=self.random.choice(self.bodies),
                kind=self.random.choice(["law", "executive_decree"]),
                year=self.random.randint(1990, 2030),
                number=f"{number}{self.maybe('-A')}",
                state=self.random.choice(["listed", "irrelevant"]),
                title=self.text(),
                date=self.maybe(self.date(), None),
                address=self.maybe("https://gazette.example/?a=1,2"),
                checked_on=PartialDate.parse("2021-05"),
                checked_by=self.text(is_filled=True),
                searched=self.text(is_filled=True),
                is_proposed=is_proposed,
            )
            for country in self.countries
            for number in (1, 2)
            for is_proposed in (False, True)
        )

    def _value(self) -> dict[str, Any]:
        return self.random.choice(
            (
                {"value": self.random.randint(0, 10**9)},
                {"value": self.random.randint(0, 10**4), "qualifier": "approx", "status": "E"},
                {"value": None, "status": "O"},
                {"value": None, "qualifier": "majority"},
            )
        )

    def _source(self, number: int) -> Source:
        return Source(
            key=f"source-{number}",
            url=self.maybe(f"https://gazette.example/{number}?a=1,2{self.maybe('|3')}"),
            title=self.text(is_filled=True),
            publisher=self.text(),
            language=self.maybe("pt-BR"),
            published=self.maybe(self.date(), None),
            accessed_on=self.maybe(self.day(), None),
        )

    # Measures and their parts

    def _measures(self) -> None:
        made = [self._measure(number) for number in range(1, self.count + 1)]
        for first, second in zip(made[::7], made[1::7], strict=False):  # a retired record and its successor
            first.workflow, second.kind, second.country = Workflow.RETIRED, first.kind, first.country
            second.level = first.level
            second.issuing_body, second.provision = first.issuing_body, first.provision
            first.reference = second.reference = f"N° {first.public_id}/2020"
            second.public_id = f"{first.public_id[:4]}9{second.public_id[4:]}"
            self._fit(second)
            self._close(first)
        self.measures = Measure.objects.bulk_create(made)
        for field, tags in ((Measure.target_groups, self.groups), (Measure.origin_countries, self.countries)):
            name = field.field.m2m_reverse_name()
            self._tag(field.through, name, [(m, tag) for m in made for tag in tags if self.random.random() < 0.2])
        areas = [
            (m, area) for m in made for area in self.areas if area.country == m.country and self._is_level(m, False)
        ]
        self._tag(Measure.areas.through, "countryarea_id", [pair for pair in areas if self.random.random() < 0.3])
        bound = [(m, c) for m in made for c in self.countries if c != m.country and self._is_level(m, True)]
        self._tag(Measure.binds.through, "country_id", [pair for pair in bound if self.random.random() < 0.5])
        others = [(m, t) for m in made for t in self.topics if t == m.primary_topic or self.random.random() < 0.1]
        self._tag(Measure.topics.through, "topic_id", [(m, t) for m, t in others if m.primary_topic])

    @staticmethod
    def _tag(through: Any, name: str, pairs: list[tuple[Measure, Any]]) -> None:
        through.objects.bulk_create(through(measure_id=m.pk, **{name: tag.pk}) for m, tag in pairs)

    @staticmethod
    def _is_level(made: Measure, is_supranational: bool) -> bool:
        return (made.level == Level.SUPRANATIONAL) == is_supranational

    def _measure(self, number: int) -> Measure:
        kind = self.random.choice(list(Kind.values))
        country = self.random.choice([*self.countries, *([None] if kind != Kind.SUBNATIONAL_NORM else [])])
        bodies = [body for body in self.bodies if body.country_id == (country and country.pk)]
        made = Measure(
            public_id=f"{country.pk if country else 'INT'}-{number:05d}",
            country=country,
            kind=kind,
            level=self._level(country, kind),
            issuing_body=self.maybe(self.random.choice(bodies), None),
            reference=self.maybe(f"N° {number}-{self.random.choice(('2020', '2021-ABC', '99/EF'))}"),
            provision=self.maybe("art. 3"),
            workflow=self.random.choice(list(Workflow.values)),
            primary_topic=self.random.choice(self.topics),
            evidence=self.random.choice(list(Evidence.values)),
            original_language=self.maybe("es"),
            created_by=self.by,
            updated_by=self.by,
            **{name: self.text() for name in ("official_title", "title_es", "title_pt", "summary_en", "summary_es")},
            title_en=self.text(is_filled=True),
            short_title_pt=self.text(24),
        )
        self._fit(made)
        self._close(made)
        return made

    def _level(self, country: Country | None, kind: str) -> str:
        if kind == Kind.SUBNATIONAL_NORM:
            return Level.SUBNATIONAL
        return self.random.choice(list(Level.values)) if country else Level.SUPRANATIONAL

    def _fit(self, made: Measure) -> None:
        """Give what its kind allows."""
        family = Kind(made.kind).family
        made.direction = self.maybe(Direction.NO_CHANGE) if family in STATE_FAMILIES else ""
        made.valid_from = made.valid_until = None
        made.duration = made.duration_basis = made.end_kind = ""
        if family in (Family.NORM, Family.ACTION):
            made.valid_from = self.maybe(self.date(1900, 1999), None)
            made.valid_until = self.maybe(self.date(2000), None)
            made.end_kind = self.random.choice(["", "fixed_date" if made.valid_until else "further_notice"])
            if not made.valid_until and self.random.random() < 0.3:
                made.duration, made.duration_basis, made.end_kind = "P30D", "unstated", "duration"

    def _close(self, made: Measure) -> None:
        if made.workflow in (Workflow.PUBLISHED, Workflow.RETIRED):
            made.published_by = made.reviewed_by = self.by
            made.published_at = made.reviewed_at = timezone.now()

    def _parts(self) -> None:
        events = [event for made in self.measures for event in self._events(made)]
        StatusEvent.objects.bulk_create(events)
        Measure.objects.bulk_update([made for made in self.measures if made.checked_on], ["checked_on"])
        refresh_status([made.pk for made in self.measures])
        FurtherBody.objects.bulk_create(
            FurtherBody(measure=made, body=body, position=position)
            for made in self.measures
            if made.issuing_body and self.random.random() < 0.3
            for position, body in enumerate(self.random.sample(self.bodies, 3))
            if body != made.issuing_body
        )
        Citation.objects.bulk_create([citation for made in self.measures for citation in self._citations(made)])
        Relation.objects.bulk_create(self._relations())
        ReferenceAlias.objects.bulk_create(
            ReferenceAlias(measure=made, kind=kind, reference=f"DS {made.pk}-{number}/2019")
            for made in self.measures
            for number, kind in enumerate(AliasKind.values)
            if self.random.random() < 0.1
        )

        ExternalId.objects.bulk_create(
            ExternalId(measure=made, dataset=data_set, key=f"R_{made.pk}")
            for made in self.measures
            for data_set in self.data_sets
            if self.random.random() < 0.1
        )

    def _events(self, made: Measure) -> list[StatusEvent]:
        allowed = STATUSES[Kind(made.kind).family]
        statuses = [self.random.choice(allowed) for _event in range(self.random.choice((0, 1, 2, 4)))]
        years = sorted(self.random.sample(range(2001, 2021), len(statuses)))
        if not (made.valid_until or made.duration or {*ENDING_STATUSES} & {*statuses[-1:]}):
            made.checked_on = self.maybe(self.day(), None)
        return [
            StatusEvent(
                measure=made,
                position=position,
                status=status,
                date=self.maybe(self.date(year, year), None),
                recorded_on=self.day(),
                note=self.text(300),
                source=self.maybe(self.random.choice(self.sources), None),
            )
            for position, (status, year) in enumerate(zip(statuses, years, strict=True))
        ]

    def _citations(self, made: Measure) -> list[Citation]:
        keys = {
            (self.random.choice(self.sources), self.random.choice(("", "p. 2", "art. 3,  ")), field)
            for field in self.random.sample(list(CitedField.values), self.random.randint(1, 3))
        }
        in_order = sorted(keys, key=lambda key: (key[0].key, *key[1:]))
        return [
            Citation(measure=made, source=source, locator=locator, field=field, quote=self.text(600))
            for source, locator, field in in_order
        ]

    def _relations(self) -> list[Relation]:
        """From later to earlier entries, so that none closes a circle."""
        found: dict[tuple[int, str, int], Relation] = {}
        for number in range(1, len(self.measures)):
            for _relation in range(self.random.choice((0, 0, 1, 2))):
                later, earlier = self.measures[number], self.measures[self.random.randrange(number)]
                type_ = self.random.choice(list(RelationType.values))
                is_mutual = type_ in SYMMETRIC_RELATIONS
                subject, object_ = (earlier, later) if is_mutual else (later, earlier)
                found[subject.pk, type_, object_.pk] = Relation(
                    subject=subject,
                    type=type_,
                    object=object_,
                    date=None if is_mutual else self.maybe(self.date(), None),
                    scope="whole" if is_mutual else self.random.choice(("whole", "part")),
                    provision="" if is_mutual else self.text(100),
                    recorded_on=self.day(),
                )
        return list(found.values())


TAGS = (
    *("measures_measure_topics", "measures_measure_target_groups", "measures_measure_origin_countries"),
    *("measures_measure_areas", "measures_measure_binds", "measures_furtherbody"),
)


def clear() -> None:
    """Delete every record that a package has, and the series of identifiers."""
    for table in (*TAGS, "measures_externalid", *(resource.table() for resource in reversed(packaged().values()))):
        execute(f"delete from {table}")  # noqa: S608  (names in our own code)
    execute("delete from measures_publicidsequence")
    execute("set constraints all immediate")
