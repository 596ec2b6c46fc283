"""Accessibility rules in a real browser: axe-core, WCAG 2.2 A and AA and its best practices."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules that can find another result in another colour scheme."""


def violations(page: Page, *, of_colours: bool = False) -> list[str]:
    """The violated rules of the current page: rule, advice and element, one line each.

    With `of_colours` only the rules about colours are tried, for a page that was tried in its other colours.
    """
    only = {"type": "rule", "values": COLOURS} if of_colours else {"type": "tag", "values": RULES}
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{rule['id']}: {rule['help']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]
