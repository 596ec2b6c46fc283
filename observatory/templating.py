"""What every template knows beside what it is given, and the tag that puts a template of Jinja2 into a page.

Parts of pages that repeat what they print hundreds of times are templates of Jinja2, six times as quick.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.forms.renderers import Jinja2, TemplatesSetting
from django.http import HttpRequest
from django.template.loader import get_template
from django.urls import get_script_prefix
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_info, gettext, ngettext
from jinja2 import Environment
from jinja2.ext import Extension

from countries.models.site import KnownSite, known_site, last_known_site
from foundation.languages import without_language
from observatory.grouping import intcomma
from observatory.outgoing_mail import can_send

# Jinja2


class FormRenderer(TemplatesSetting):
    """Has Jinja2 render Django's own widgets, of which a form has hundreds; all else are our templates."""

    def __init__(self) -> None:
        self._widgets = Jinja2()

    def get_template(self, template_name: str) -> Any:
        """See `TemplatesSetting`."""
        if template_name.startswith("django/forms/widgets/"):
            return self._widgets.get_template(template_name)
        return super().get_template(template_name)


class Unindented(Extension):
    """Removes the indentation of templates: nobody sees it, and it makes a page of 150 entries a sixth larger."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """See `Extension`."""
        return re.sub(r"^[ \t]+", "", source, flags=re.MULTILINE)


def environment(**options: Any) -> Environment:
    """Lines with only a block tag produce no output."""
    made = Environment(**options, extensions=[Unindented], trim_blocks=True)  # noqa: S701  (Django's options escape)
    made.globals.update(
        _=gettext,
        entries_in_words=_entries_in_words,
        documents_in_words=_documents_in_words,
        measures_in_words=_measures_in_words,
        bills_in_words=_bills_in_words,
        announced_in_words=_announced_in_words,
        only_in=_only_in,
        part_of=_part_of,
        and_more=_and_more,
    )
    made.filters["intcomma"] = _with_commas
    return made


def _with_commas(number: int) -> str:
    """Like `intcomma`, which is slow even for small numbers."""
    return str(number) if number < 1000 else _parted(number, get_language())


@lru_cache(maxsize=4096)
def _parted(number: int, _language: str | None) -> str:
    return str(intcomma(number))


def _entries_in_words(number: int) -> str:
    """The noun for a number of entries."""
    return _entries(number, get_language())


@lru_cache(maxsize=4096)
def _entries(number: int, _language: str | None) -> str:
    return ngettext("entry", "entries", number)


def _documents_in_words(number: int) -> str:
    """The noun for a number of documents."""
    return ngettext("document", "documents", number)


def _measures_in_words(number: int) -> str:
    """The noun for a number of measures."""
    return ngettext("measure", "measures", number)


def _bills_in_words(number: int) -> str:
    """A number of bills."""
    return ngettext("%(n)d bill", "%(n)d bills", number) % {"n": number}


def _announced_in_words(number: int) -> str:
    """A number of acts that are only announced."""
    return ngettext("%(n)d announced", "%(n)d announced", number) % {"n": number}


def _only_in(language: str) -> str:
    """Says that a text is not in the page's language."""
    return gettext("Only in %(language)s") % {"language": get_language_info(language)["name_translated"]}


def _part_of(number: int, total: int) -> str:
    """How many of a group are on this page."""
    return gettext("%(number)s of %(total)s") % {"number": _with_commas(number), "total": _with_commas(total)}


def _and_more(number: int) -> str:
    """Says how many others there are beside the one named."""
    return ngettext("and %(number)s more", "and %(number)s more", number) % {"number": number}


register = template.Library()


@register.simple_tag
def jinja(name: str, /, **variables: Any) -> SafeString:
    """The template `name` of Jinja2 with these variables and no others: `{% jinja "measures/_rows.jinja" rows=… %}`."""
    return mark_safe(get_template(name, using="jinja2").render(variables))  # noqa: S308  (escaped by Jinja2)


# The context of every page


def site(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `observatory`, the texts of the site, `has_roles`, whether countries can have roles, and
    `writes_letters`, whether readers can follow a filter by e-mail.

    It is not called `site`, since Django's sign-in puts another one of that name into its context.

    Pages without a view, such as a 404, and responses to a POST cause no query.
    """

    def known() -> KnownSite:
        is_page = request.resolver_match and request.method in ("GET", "HEAD")
        return known_site() if is_page else last_known_site()

    return {
        "observatory": SimpleLazyObject(lambda: known().site),
        "has_roles": SimpleLazyObject(lambda: known().has_roles),
        "writes_letters": can_send(),
    }


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """The same page, with the same query string, in a language; `name` is in that language."""

    code: str
    name: str
    path: str
    address: str
    is_current: bool


def language_links(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `languages`, the links to this page in each language.

    Error pages have them too, except the page that refuses a foreign host, which must not link to it.
    """
    try:
        request.get_host()
    except DisallowedHost:
        return {}
    return {"languages": [_link(request, code) for code, _name in settings.LANGUAGES]}


def _link(request: HttpRequest, code: str) -> LanguageLink:
    path = _path_in(code, request.path_info)
    query = request.META.get("QUERY_STRING", "")
    path = f"{path}?{query}" if query else path
    name = translation.get_language_info(code)["name_local"].capitalize()
    return LanguageLink(code, name, path, request.build_absolute_uri(path), code == translation.get_language())


def _path_in(code: str, path: str) -> str:
    """The path of the same page in another language, which differs only in the prefix."""
    prefix = "" if code == settings.LANGUAGE_CODE else f"/{code}"
    return get_script_prefix().rstrip("/") + prefix + without_language(path)
