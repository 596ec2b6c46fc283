"""relations.csv: how entries bear on each other, one relation a row."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.files.field_columns import ChoiceColumn
from foundation.files.resources import ImportOptions, Rule
from foundation.records.teams import visible_to
from measures.choices import FORMER_RELATIONS
from measures.files.identifiers import ACYCLIC, HAS_PAGE, MUTUAL, circles, is_circle
from measures.files.parts import MEASURES, IdentifierColumn, PartResource, RecordedColumn
from measures.files.states import year_ahead
from measures.models import Measure, Relation

ENDS = ("subject", "object")


class TypeColumn(ChoiceColumn):
    """The relation, also by its former key."""

    def read(self, text: str) -> str:
        return super().read(FORMER_RELATIONS.get(text, text))


class EndColumn(IdentifierColumn):
    """An entry of the relation. A mutual one is the same in both directions; its smaller identifier is the subject."""

    def __init__(self, field: Any, *, first: bool) -> None:
        super().__init__(field)
        self.chosen = "least" if first else "greatest"

    def written(self, *, public: bool = False) -> str:
        subject, object_ = (f"(select e.public_id from {MEASURES} e where e.id = r.{end}_id)" for end in ENDS)
        one = subject if self.name == "subject" else object_
        return f"case when r.type in ({MUTUAL}) then {self.chosen}({subject}, {object_}) else {one} end"

    def stored(self) -> tuple[str, str]:
        """The table has the older entry of a mutual relation as its subject."""
        return (
            self.db_column,
            f"case when s.type in ({MUTUAL}) then {self.chosen}(j_subject.id, j_object.id) else j_{self.name}.id end",
        )

    def matches(self) -> str:
        return f"r.{self.db_column} = {self.stored()[1]}"

    def settled(self) -> list[str]:
        if self.name != "subject":
            return []
        return [
            "update staged s set subject = s.object, object = s.subject"
            f' where s.type in ({MUTUAL}) and s.subject collate "C" > s.object collate "C"'
        ]


def _field(name: str) -> Any:
    return Relation._meta.get_field(name)


_SHOWN = (
    f"exists (select from {MEASURES} q where q.id = r.{{0}}_id and q.workflow = 'published')"
    f" and exists (select from {MEASURES} o where o.id = r.{{1}}_id and {HAS_PAGE})"
)
"""SQL: whether one end of the relation `r` is published, and the other has a page; each is asked by itself."""
_WANTED = f"""
    select s.line, m.id as subject, s.type, s.object as item, n.id as object from checked s
    join {MEASURES} m on m.public_id = s.subject join {MEASURES} n on n.public_id = s.object
    where s.type in ({ACYCLIC})
"""


class RelationResource(PartResource):
    """relations.csv"""

    subject = EndColumn(_field("subject"), first=True)
    type = TypeColumn(_field("type"))
    object = EndColumn(_field("object"), first=False)
    recorded_on = RecordedColumn(_field("recorded_on"))

    keys = (("subject", "type", "object"),)
    unlisted = ("subject", "object")  # a published entry may name a stub
    owners = ("r.subject_id", f"case when r.type in ({MUTUAL}) then r.object_id end")
    is_public = (
        f"({_SHOWN.format('subject', 'object')} or (r.type in ({MUTUAL}) and {_SHOWN.format('object', 'subject')}))"
    )

    class Meta:
        model = Relation
        name = "relations"
        fields = ("subject", "type", "object", "date", "scope", "provision", "recorded_on")

    @classmethod
    def readable_by(cls, user: Any, records: QuerySet[Relation]) -> QuerySet[Relation]:
        return records.filter(object__in=visible_to(user, Measure.objects.all()))

    @classmethod
    def import_rules(cls, options: ImportOptions) -> list[Rule]:
        """Refuse relations that close a circle, and dates too far ahead."""
        circle = Rule("object", circles(_WANTED), _("The cell breaks a rule."), is_circle())
        return [*super().import_rules(options), circle, year_ahead("date")]
