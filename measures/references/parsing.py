"""A text as typed -> what it states, by the grammar of legal references.

    reference = [provision "of"] [words] form [body] [sign] NUMBER [own] {separator (year | letters | body)} [rest]

The form is the last one before the number. What follows the number is its year if it can be one; `de` fixes the order.
Codes of registries, which have an order of their own, are read first.
"""

from dataclasses import replace
from functools import lru_cache

from measures.references.cutting import cut
from measures.references.folding import CAPITALS, DOTTED, LONGEST, SIGN, folded
from measures.references.form_finding import forms_in
from measures.references.model import Parsed, Place, Reference
from measures.references.northern_codes import place_of_publication
from measures.references.reading import Reader
from measures.references.registries import organization_of, registry_code
from measures.references.tables import bodies, body_key, chambers, organs
from measures.references.tokens import tokens_of

MOST_CODES = 5
"""Maximum number of registry codes that are read in one text."""


def context_of(text: str) -> str:
    """`EU`, `UN` or `OAS` by the code or the organ that a text names, for acts without a country; else ''."""
    if organization := organization_of(_unmarked(text)):
        return organization
    key = f" {body_key(text)} "
    for context in ("UN", "OAS"):
        if any(" " in name and f" {name} " in key for name in bodies(context)):
            return context
    return ""


def _unmarked(text: str) -> str:
    return folded(text).replace(DOTTED, "").replace(CAPITALS, "")


def parse(text: str, context: str = "") -> Parsed:
    """What a text states. `context` is the country (ISO 3166-1), or `EU`, `UN` or `OAS` for an act without one."""
    return _parse(text[:LONGEST], context)


@lru_cache(maxsize=4096)
def _parse(text: str, context: str) -> Parsed:
    read = _published(text, context) or _coded(text, context)
    if read:
        return read
    made = cut(tokens_of(text, context), context)
    reader = Reader(made.tokens, context)
    references = reader.references()
    if context in ("UN", "OAS"):
        references = [_unfolded(reference, context) for reference in references]
    elif chambers(context):
        references = [_of_chamber(reference, context) for reference in references]
    return Parsed(
        references=tuple(references),
        form=reader.forms[0].code if reader.forms and not references else "",
        day=next((token.day for token in made.tokens if token.kind == "d"), None),
        gazette=made.gazette,
        country=made.country,
        rest=" ".join([*made.rest, *reader.rest()]),
        is_list=len(references) > 1,
    )


def _published(text: str, context: str) -> Parsed | None:
    """What a text states beside the page on which the act was published; None where that page is its only number."""
    whole = _unmarked(text)
    found = place_of_publication(whole, context)
    if not found:
        return None
    gazette, start, end = found
    before, after = whole[:start].rstrip(" (,;"), whole[end:].lstrip(" ),;")
    has_number = _parse(before, context).references or any(one.form for one in _parse(after, context).references)
    if not has_number:
        return None
    parsed = _parse(f"{before} {after}", context)
    return replace(parsed, gazette=parsed.gazette or gazette)


def _coded(text: str, context: str) -> Parsed | None:
    """The references of registry codes in a text; a form before the code counts where the code has none."""
    whole = _unmarked(text)
    found: list[Reference] = []
    before = ""
    rest = whole
    while len(found) < MOST_CODES and (code := registry_code(rest, context)):
        reference, start, end = code
        before = before if found else rest[:start]
        found.append(reference)
        rest = rest[end:]
    if not found:
        return None
    made = cut(tokens_of(before.replace(SIGN, ""), context), context)
    forms = forms_in(made.tokens, context, is_before_code=True)
    after = cut(tokens_of("1 " + rest, context), context)
    if forms:
        found = [reference if reference.form else replace(reference, form=forms[-1].code) for reference in found]
    publication = place_of_publication(whole, context)
    return Parsed(
        references=tuple(dict.fromkeys(found)),
        gazette=publication[0] if publication else None,
        country=made.country or after.country,
        rest=rest,
        is_list=len(set(found)) > 1,
    )


def _unfolded(reference: Reference, context: str) -> Reference:
    """`Resolución 73/195 de la Asamblea General` has the letters of its symbol, A/RES."""
    is_lettered = len(reference.letters) == 1 and bool(reference.form)
    organ = organs(context).get(reference.letters[0] if is_lettered else reference.body)
    if organ is None and reference.body:
        organ = next((organ for name, organ in organs(context).items() if " " in name and name in reference.body), None)
    if organ is None or reference.form.partition(".")[0] not in ("", "resolution"):
        return reference
    return replace(reference, form="resolution", body="", letters=(*organ.split("/"), "RES"), place=Place.BEFORE)


def _of_chamber(reference: Reference, context: str) -> Reference:
    """`062/2020C` is `062 de 2020 Cámara`: the letter of a chamber is its name."""
    name = reference.letters[0] if len(reference.letters) == 1 else reference.body or reference.own
    chamber = chambers(context).get(name)
    if chamber is None or reference.form not in ("", "bill") or reference.place == Place.BEFORE:
        return reference
    if name == reference.own and not reference.form:
        return reference
    own = "" if name == reference.own else reference.own
    return replace(reference, own=own, body="", letters=(chamber,), place=Place.AFTER)
