"""Render the Markdown of summaries as safe HTML or plain text.

Raw HTML is escaped. Images are removed, since a page loads nothing from elsewhere, and so are headings, which would
break the outline of the page around the summary.
"""

from functools import cache

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

MOST_MARKS = 2_000
"""Characters with a meaning in Markdown. Matching them takes quadratic time, so a text with more, which nobody writes,
is shown as it is."""
_MARKS = str.maketrans("", "", "[]*_`<>&!\\~")
_TAGS = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "code", "sup", "sub"}


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).disable(["image", "heading", "lheading", "hr", "html_block"])


def to_html(text: str) -> SafeString:
    """Safe HTML; links send no referrer."""
    html = nh3.clean(
        _parser().render(text) if _is_readable(text) else f"<p>{escape(text)}</p>",
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308  (cleaned in the line above)


def to_text(text: str) -> str:
    """The words alone, in one line."""
    if not _is_readable(text):
        return " ".join(text.split())
    blocks = (token for token in _parser().parse(text) if token.type in ("inline", "code_block", "fence"))
    return " ".join(" ".join(_words(block).split()) for block in blocks)


def _is_readable(text: str) -> bool:
    return len(text) <= MOST_MARKS or len(text) - len(text.translate(_MARKS)) <= MOST_MARKS


def _words(block: Token) -> str:
    if not block.children:
        return block.content
    return "".join(" " if "break" in child.type else child.content for child in block.children)
