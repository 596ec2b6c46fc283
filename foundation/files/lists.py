"""A cell that holds a list: its items are parted by `|`."""

from django.utils.translation import gettext as _

from foundation.files.cells import CellProblem, refuse_placeholder
from foundation.files.columns import Column


class ListColumn(Column):
    """A list that is kept in rows of other tables."""

    is_composed = True

    def cells(self, of: str, *, public: bool = False) -> str:
        """SQL of (id, cell) of the records whose id is `of`, such as `= r.id`; one with an empty list may be left out.

        An export asks for the cells of thousands of records at once, which takes a third of the time of asking for
        each.
        """
        raise NotImplementedError

    def finished(self, cell: str) -> str:
        """SQL of the whole cell of the record `r`, from what `cells` has of it."""
        return cell

    def written(self, *, public: bool = False) -> str:
        cell = f"(select cell from ({self.cells('= r.id', public=public)}) c)"
        return f"coalesce({self.finished(cell)}, '')"

    def stored(self) -> tuple[str, str] | None:
        return None


def items_of(text: str) -> list[str]:
    """The items of a list, without blanks around them."""
    items = [item.strip() for item in text.split("|")]
    for item in items:
        refuse_placeholder(item)
    if not all(items):
        raise CellProblem(
            _("The list “%(value)s” has an empty item.") % {"value": text[:80]},
            _("Part the items by one | each: health.access|work.permit."),
        )
    return items
