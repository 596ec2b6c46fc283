"""The vocabulary that drives logic: kinds and families, statuses and their moves, directions, relations.

Terms, definitions and the published standards that they map to are those of the codebook. Vocabulary that
researchers grow (topics, target groups, issuing bodies) is rows, in `models/vocabulary.py`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Family(models.TextChoices):
    """What an entry is at bottom; decides its statuses, its mark and whether it counts as a measure of the state."""

    NORM = "norm", _("Norm")
    BILL = "bill", _("Bill")
    ACTION = "action", _("Action")
    STATEMENT = "statement", _("Statement")
    SITUATION = "situation", _("Situation of alert")
    RESPONSE = "response", _("Response of society")
    FINDING = "finding", _("Finding")


class Level(models.TextChoices):
    """Whose act it is: of an international body, of the state, or of a part of the state."""

    SUPRANATIONAL = "supranational", _("Supranational")
    NATIONAL = "national", _("National")
    SUBNATIONAL = "subnational", _("Subnational")


class Kind(models.TextChoices):
    """The form of an act, family by family."""

    CONSTITUTIONAL_REFORM = "constitutional_reform", _("Constitutional reform")
    LAW = "law", _("Law")
    LEGISLATIVE_DECREE = "legislative_decree", _("Legislative decree (delegated powers)")
    EMERGENCY_DECREE = "emergency_decree", _("Emergency decree with rank of law")
    EXECUTIVE_DECREE = "executive_decree", _("Executive decree or order")
    EMERGENCY_DECLARATION = "emergency_declaration", _("Declaration of state of exception")
    MINISTERIAL_RESOLUTION = "ministerial_resolution", _("Ministerial resolution")
    AGENCY_RESOLUTION = "agency_resolution", _("Agency resolution")
    DIRECTIVE_PROTOCOL = "directive_protocol", _("Directive, protocol or circular")
    REGULATION = "regulation", _("Regulation of a law")
    LEGISLATIVE_RESOLUTION = "legislative_resolution", _("Resolution of the legislature")
    SUBNATIONAL_NORM = "subnational_norm", _("Subnational norm")
    COURT_DECISION = "court_decision", _("Court decision")
    TREATY = "treaty", _("Treaty or binding agreement")
    SOFT_LAW = "soft_law", _("Non-binding international instrument")
    BILL = "bill", _("Bill")
    POLICY_PLAN = "policy_plan", _("Policy, plan or strategy")
    PROGRAMME = "programme", _("Programme, benefit or service")
    ANNOUNCEMENT = "announcement", _("Official announcement")
    COMMITMENT = "commitment", _("Commitment")
    ADMINISTRATIVE_PRACTICE = "administrative_practice", _("Administrative practice")
    OPERATION = "operation", _("Operation")
    UNSPECIFIED = "unspecified", _("Instrument not stated")
    RECOMMENDATION = "recommendation", _("Recommendation or request")
    CRITICISM = "criticism", _("Criticism")
    SUPPORT = "support", _("Support")
    PRACTICE_REPORT = "practice_report", _("Report of practice")
    DENIAL = "denial", _("Denial or clarification")
    POSITION = "position", _("Position")
    ALERT_SITUATION = "alert_situation", _("Situation of alert")
    SOCIAL_RESPONSE = "social_response", _("Response of society")
    NOTHING_FOUND = "nothing_found", _("Nothing found")

    @property
    def family(self) -> Family:
        """The family that the kind belongs to."""
        return FAMILY_OF[self]


KINDS: dict[Family, tuple[Kind, ...]] = {
    Family.NORM: (
        Kind.CONSTITUTIONAL_REFORM,
        Kind.LAW,
        Kind.LEGISLATIVE_DECREE,
        Kind.EMERGENCY_DECREE,
        Kind.EXECUTIVE_DECREE,
        Kind.EMERGENCY_DECLARATION,
        Kind.MINISTERIAL_RESOLUTION,
        Kind.AGENCY_RESOLUTION,
        Kind.DIRECTIVE_PROTOCOL,
        Kind.REGULATION,
        Kind.LEGISLATIVE_RESOLUTION,
        Kind.SUBNATIONAL_NORM,
        Kind.COURT_DECISION,
        Kind.TREATY,
        Kind.SOFT_LAW,
    ),
    Family.BILL: (Kind.BILL,),
    Family.ACTION: (
        Kind.POLICY_PLAN,
        Kind.PROGRAMME,
        Kind.ANNOUNCEMENT,
        Kind.COMMITMENT,
        Kind.ADMINISTRATIVE_PRACTICE,
        Kind.OPERATION,
        Kind.UNSPECIFIED,
    ),
    Family.STATEMENT: (
        Kind.RECOMMENDATION,
        Kind.CRITICISM,
        Kind.SUPPORT,
        Kind.PRACTICE_REPORT,
        Kind.DENIAL,
        Kind.POSITION,
    ),
    Family.SITUATION: (Kind.ALERT_SITUATION,),
    Family.RESPONSE: (Kind.SOCIAL_RESPONSE,),
    Family.FINDING: (Kind.NOTHING_FOUND,),
}
FAMILY_OF: dict[Kind, Family] = {kind: family for family, kinds in KINDS.items() for kind in kinds}

STATE_FAMILIES = (Family.NORM, Family.BILL, Family.ACTION)
"""The families that count as measures of the state, and alone have a direction."""
VALIDITY_FAMILIES = (Family.NORM, Family.ACTION)
"""The families that can be in force on a day; a bill never is."""


class Counted(models.TextChoices):
    """As what an act is counted where countries are compared; statements and findings are not counted at all.

    An act that is only announced may never come, and a bill is before a legislature: neither is a measure yet.
    """

    MEASURE = "measure", _("Measures, announced ones left out")
    ANNOUNCED = "announced", _("Only announced")
    BILL = "bill", _("Bills")


class AliasKind(models.TextChoices):
    """Why an act has another number than its own."""

    FORMER = "former", _("Former number")
    OTHER_NUMBERING = "other_numbering", _("Other numbering")
    CITED_AS = "cited_as", _("Cited as")


class Status(models.TextChoices):
    """The state of an act after an event; the family decides which are possible."""

    ANNOUNCED = "announced", _("Announced")
    IN_PREPARATION = "in_preparation", _("In preparation")
    INTRODUCED = "introduced", _("Introduced")
    IN_COMMITTEE = "in_committee", _("In committee")
    REPORTED = "reported", _("Reported")
    ON_AGENDA = "on_agenda", _("On the floor agenda")
    PASSED_CHAMBER = "passed_chamber", _("Passed one chamber or first vote")
    PASSED = "passed", _("Passed by the legislature")
    SENT_TO_EXECUTIVE = "sent_to_executive", _("Sent to the executive")
    OBSERVED = "observed", _("Observed or vetoed")
    CONSOLIDATED = "consolidated", _("Merged into another bill")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REJECTED = "rejected", _("Rejected")
    ARCHIVED = "archived", _("Archived")
    LAPSED = "lapsed", _("Lapsed")
    ENACTED = "enacted", _("Enacted or signed")
    PUBLISHED = "published", _("Published, not yet in force")
    IN_FORCE = "in_force", _("In force")
    IN_OPERATION = "in_operation", _("In operation")
    SUSPENDED = "suspended", _("Suspended")
    EXPIRED = "expired", _("Expired")
    REPEALED = "repealed", _("Repealed")
    ANNULLED = "annulled", _("Annulled")
    SUPERSEDED = "superseded", _("Superseded")
    FULFILLED = "fulfilled", _("Fulfilled")
    ABANDONED = "abandoned", _("Abandoned")
    UNKNOWN = "unknown", _("Unknown")
    ISSUED = "issued", _("Issued")
    ANSWERED = "answered", _("Answered")
    RESOLVED = "resolved", _("Resolved")


_COURSE: dict[Family, tuple[Status, ...]] = {
    Family.NORM: (Status.ENACTED, Status.PUBLISHED, Status.IN_FORCE),
    Family.BILL: (
        Status.INTRODUCED,
        Status.IN_COMMITTEE,
        Status.REPORTED,
        Status.ON_AGENDA,
        Status.PASSED_CHAMBER,
        Status.PASSED,
        Status.SENT_TO_EXECUTIVE,
        Status.ENACTED,
    ),
    Family.ACTION: (Status.ANNOUNCED, Status.IN_PREPARATION, Status.IN_OPERATION),
    **dict.fromkeys(
        (Family.STATEMENT, Family.SITUATION, Family.RESPONSE, Family.FINDING),
        (Status.ISSUED, Status.ANSWERED, Status.RESOLVED),
    ),
}
"""The ordinary course of each family, in order; stages may be skipped."""
_ASIDE: dict[Family, tuple[Status, ...]] = {
    Family.NORM: (Status.SUSPENDED, Status.EXPIRED, Status.REPEALED, Status.ANNULLED, Status.SUPERSEDED),
    Family.BILL: (
        Status.OBSERVED,
        Status.CONSOLIDATED,
        Status.WITHDRAWN,
        Status.REJECTED,
        Status.ARCHIVED,
        Status.LAPSED,
    ),
    Family.ACTION: (
        Status.SUSPENDED,
        Status.EXPIRED,
        Status.SUPERSEDED,
        Status.FULFILLED,
        Status.ABANDONED,
    ),
}
"""Statuses outside the regular stages, usual after any stage and after a suspension."""
_BACK: dict[tuple[Family, Status], Status] = {
    (Family.NORM, Status.SUSPENDED): Status.IN_FORCE,
    (Family.NORM, Status.EXPIRED): Status.IN_FORCE,
    (Family.BILL, Status.OBSERVED): Status.ON_AGENDA,
    (Family.BILL, Status.ARCHIVED): Status.IN_COMMITTEE,
    (Family.BILL, Status.REJECTED): Status.ON_AGENDA,
    (Family.ACTION, Status.SUSPENDED): Status.IN_OPERATION,
}
"""The stage at which the regular course resumes after such a status."""

STATUSES: dict[Family, tuple[Status, ...]] = {
    family: (*_COURSE[family], *_ASIDE.get(family, ()), Status.UNKNOWN) for family in Family
}
"""The valid statuses of each family."""


def is_usual_move(family: Family, before: Status, after: Status) -> bool:
    """Whether `after` usually follows `before` directly for an act of `family`; other moves are possible."""
    if Status.UNKNOWN in (before, after) or before == after:
        return True
    course, aside = _COURSE[family], _ASIDE.get(family, ())
    if before in course and after in course:
        return course.index(before) < course.index(after)
    if before in course or before == Status.SUSPENDED:
        return after in aside or _taken_up_again(family, before, after)
    return _taken_up_again(family, before, after)


def _taken_up_again(family: Family, before: Status, after: Status) -> bool:
    course, back = _COURSE[family], _BACK.get((family, before))
    return back is not None and after in course and course.index(after) >= course.index(back)


class StatusGroup(models.TextChoices):
    """What the public sees of a status; each has its own shape and colour."""

    IN_FORCE = "in_force", _("In force")
    POSSIBLY = "possibly", _("Possibly in force")
    SUSPENDED = "suspended", _("Suspended")
    NOT_YET = "not_yet", _("Not yet in force")
    ANNOUNCED = "announced", _("Announced")
    BILL = "bill", _("Bill in the legislature")
    ENACTED = "enacted", _("Bill enacted")
    ENDED = "ended", _("Ended")
    REJECTED = "rejected", _("Rejected or withdrawn")
    STATEMENT = "statement", _("Statement or finding")
    UNKNOWN = "unknown", _("Status not recorded")


ENDING_STATUSES = (
    Status.EXPIRED,
    Status.REPEALED,
    Status.ANNULLED,
    Status.SUPERSEDED,
    Status.FULFILLED,
    Status.ABANDONED,
)
"""After these an act is in force no more."""


class Direction(models.TextChoices):
    """Whether an act adds limits for the people that it concerns or lifts them (DEMIG POLICY coding)."""

    MORE_RESTRICTIVE = "more_restrictive", _("More restrictive")
    LESS_RESTRICTIVE = "less_restrictive", _("Less restrictive")
    NO_CHANGE = "no_change", _("No change in restrictiveness")
    UNDETERMINED = "undetermined", _("Cannot be determined")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


OPPOSED_DIRECTIONS = (Direction.MORE_RESTRICTIVE, Direction.LESS_RESTRICTIVE)
"""The directions that stand against each other, up and down in a chart."""
DRAWN_DIRECTIONS = (*OPPOSED_DIRECTIONS, Direction.NO_CHANGE)
"""The directions that have a sign of their own; the others say that there is none to show."""


class EndKind(models.TextChoices):
    """How the end of validity is known; `further_notice` and `indefinite` are open on purpose, `unknown` is not."""

    FIXED_DATE = "fixed_date", _("Fixed date")
    DURATION = "duration", _("Duration")
    WHILE_MEASURE = "while_measure", _("While another measure lasts")
    UNTIL_EVENT = "until_event", _("Until an event")
    FURTHER_NOTICE = "further_notice", _("Until further notice")
    INDEFINITE = "indefinite", _("Indefinite")
    UNKNOWN = "unknown", _("Unknown")


class DurationBasis(models.TextChoices):
    """What the days of a duration are; its years, months and weeks are always calendar time."""

    CALENDAR = "calendar", _("Calendar days")
    WORKING = "working", _("Working days")
    UNSTATED = "unstated", _("The source does not say")


class Evidence(models.TextChoices):
    """What the record is based on."""

    PRIMARY = "primary", _("Primary source held")
    SECONDARY = "secondary", _("Secondary source only")
    ATTRIBUTED = "attributed", _("Attributed, source not seen")
    UNSOURCED = "unsourced", _("Unsourced")
    DISPUTED = "disputed", _("Disputed")


class Workflow(models.TextChoices):
    """Who may see a record; moved in `workflow.py` alone. The public sees `published`, and the name of named stubs."""

    STUB = "stub", _("Stub")
    DRAFT = "draft", _("Draft")
    IN_REVIEW = "in_review", _("In review")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


class RelationType(models.TextChoices):
    """How the subject of a relation relates to its object."""

    AMENDS = "amends", _("amends")
    EXTENDS = "extends", _("extends")
    REPEALS = "repeals", _("repeals")
    SUSPENDS = "suspends", _("suspends")
    RESUMES = "resumes", _("resumes")
    ANNULS = "annuls", _("annuls")
    SUPERSEDES = "supersedes", _("supersedes")
    REVIVES = "revives", _("revives")
    IMPLEMENTS = "implements", _("implements")
    BASED_ON = "based_on", _("based on")
    WHILE_IN_FORCE = "while_in_force", _("valid while")
    DEROGATES_FROM = "derogates_from", _("derogates from")
    CONFLICTS_WITH = "conflicts_with", _("conflicts with")
    CITES = "cites", _("cites")
    FORESEES_CHANGE_OF = "foresees_change_of", _("would change")
    SAME_SUBJECT_AS = "same_subject_as", _("same subject as")
    CONSOLIDATED_INTO = "consolidated_into", _("consolidated into")
    ENACTED_AS = "enacted_as", _("enacted as")
    REINTRODUCES = "reintroduces", _("reintroduces")
    PART_OF = "part_of", _("part of")
    RESPONDS_TO = "responds_to", _("responds to")
    CORRECTS = "corrects", _("corrects")


INVERSE_LABELS = {
    RelationType.AMENDS: _("amended by"),
    RelationType.EXTENDS: _("extended by"),
    RelationType.REPEALS: _("repealed by"),
    RelationType.SUSPENDS: _("suspended by"),
    RelationType.RESUMES: _("resumed by"),
    RelationType.ANNULS: _("annulled by"),
    RelationType.SUPERSEDES: _("superseded by"),
    RelationType.REVIVES: _("revived by"),
    RelationType.IMPLEMENTS: _("implemented by"),
    RelationType.BASED_ON: _("basis for"),
    RelationType.WHILE_IN_FORCE: _("conditions validity of"),
    RelationType.DEROGATES_FROM: _("derogated by"),
    RelationType.CONFLICTS_WITH: _("conflicts with"),
    RelationType.CITES: _("cited by"),
    RelationType.FORESEES_CHANGE_OF: _("would be changed by"),
    RelationType.SAME_SUBJECT_AS: _("same subject as"),
    RelationType.CONSOLIDATED_INTO: _("consolidates"),
    RelationType.ENACTED_AS: _("results from"),
    RelationType.REINTRODUCES: _("reintroduced as"),
    RelationType.PART_OF: _("has part"),
    RelationType.RESPONDS_TO: _("answered by"),
    RelationType.CORRECTS: _("corrected by"),
}
"""The label of a relation, seen from its object."""

FORMER_RELATIONS = {"conditional_on": RelationType.WHILE_IN_FORCE.value}
"""Former keys of relations, which files may still have."""
ACTING_RELATIONS = (
    RelationType.EXTENDS,
    RelationType.SUSPENDS,
    RelationType.RESUMES,
    RelationType.REPEALS,
    RelationType.ANNULS,
    RelationType.SUPERSEDES,
    RelationType.REVIVES,
)
"""Relations by which an act changes the validity of another one."""
PROLONGING_RELATIONS = (RelationType.EXTENDS, RelationType.REVIVES)
"""Relations after which the planned end of an act is not its last day."""
SYMMETRIC_RELATIONS = (RelationType.CONFLICTS_WITH, RelationType.SAME_SUBJECT_AS)
"""Stored once, with the smaller id as the subject."""
ACYCLIC_RELATIONS = (
    RelationType.EXTENDS,
    RelationType.AMENDS,
    RelationType.SUPERSEDES,
    RelationType.ENACTED_AS,
    RelationType.PART_OF,
    RelationType.WHILE_IN_FORCE,
)


class RelationScope(models.TextChoices):
    """How much of the object a relation concerns."""

    WHOLE = "whole", _("The whole act")
    PART = "part", _("A part of it")


class BodyKind(models.TextChoices):
    """The type of an issuing body."""

    HEAD_OF_STATE = "head_of_state", _("Head of state or government")
    MINISTRY = "ministry", _("Ministry")
    MIGRATION_AUTHORITY = "migration_authority", _("Migration authority")
    ASYLUM_AUTHORITY = "asylum_authority", _("Asylum authority")
    AGENCY = "agency", _("Other public agency")
    LEGISLATURE = "legislature", _("Legislature or chamber")
    COMMITTEE = "committee", _("Legislative committee")
    LEGISLATOR = "legislator", _("Legislator or bench")
    COURT = "court", _("Court")
    OMBUDS = "ombuds", _("Ombuds institution")
    POLICE_MILITARY = "police_military", _("Police or armed forces")
    SUBNATIONAL_GOV = "subnational_gov", _("Subnational government")
    DIPLOMATIC_MISSION = "diplomatic_mission", _("Diplomatic mission")
    FOREIGN_STATE = "foreign_state", _("Foreign state")
    IO = "io", _("International organisation")
    DONOR_GROUP = "donor_group", _("Donors or international community")
    CSO = "cso", _("Civil-society organisation")
    MIGRANT_ORG = "migrant_org", _("Migrant organisation")
    PRIVATE = "private", _("Private entity")
    ACADEMIA = "academia", _("University or research body")
    MEDIA = "media", _("Media outlet")
    PERSON = "person", _("Individual")
    UNSTATED = "unstated", _("Not stated")


class Precision(models.TextChoices):
    """The precision of an entry's date."""

    DAY = "day", _("To the day")
    MONTH = "month", _("To the month")
    YEAR = "year", _("Year only")
    NONE = "none", _("Date not recorded")


class Searched(models.TextChoices):
    """How far a topic was searched for in a country and a quarter."""

    NOT_CHECKED = "not_checked", _("Not checked")
    NOTHING_FOUND = "nothing_found", _("Checked, nothing found")
    PARTIAL = "partial", _("Partly checked")
    COMPLETE = "complete", _("Completely checked")


WHOLLY_SEARCHED = (Searched.NOTHING_FOUND, Searched.COMPLETE)
"""What says that nothing is missing, as far as the sources go that were searched."""


class NumberState(models.TextChoices):
    """What is known of one number of the acts of a body and year."""

    CODED = "coded", _("Recorded")
    IRRELEVANT = "irrelevant", _("Seen, not relevant")
    LISTED = "listed", _("In a list, not yet decided")
    NEVER_SEEN = "never_seen", _("Never seen")
