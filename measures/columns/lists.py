"""A cell that holds a list: its items are parted by `|`."""

from django.utils.translation import gettext as _

from countries.cells import CellProblem, refuse_placeholder


def items_of(text: str) -> list[str]:
    """The items of a list, without blanks around them."""
    items = [item.strip() for item in text.split("|")]
    for item in items:
        refuse_placeholder(item)
    if not all(items):
        raise CellProblem(
            _("The list “%(value)s” has an empty item.") % {"value": text[:80]},
            _("Part the items by one | each: asylum.application|work.permit."),
        )
    return items
