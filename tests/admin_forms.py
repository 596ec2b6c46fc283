"""Read admin forms and submit them like a browser without JavaScript."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Form(HTMLParser):
    """The successful controls of the form with the id `form_id`, or of POST forms without an id."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.data: dict[str, list[str]] = {}
        self.select = self.textarea = ""
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        if tag == "form":
            self.inside = (found.get("id") or "") == self.form_id and found.get("method") == "post"
        elif not self.inside:
            return
        elif tag == "input" and name:
            self._take_input(name, found)
        elif tag == "select":
            self.select, self.options = name, []
            self.data.setdefault(name, [])
        elif tag == "option" and "selected" in found:
            self.data[self.select].append(found.get("value") or "")
        elif tag == "textarea":
            self.textarea = name
            self.data[name] = [""]

    def _take_input(self, name: str, found: dict[str, str | None]) -> None:
        kind = found.get("type")
        if kind in ("submit", "button") or (kind in ("checkbox", "radio") and "checked" not in found):
            return
        unsaid = "on" if kind in ("checkbox", "radio") else ""
        self.data.setdefault(name, []).append(found.get("value", unsaid) or "")

    def handle_data(self, data: str) -> None:
        if self.inside and self.textarea:
            self.data[self.textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self.textarea:
            self.data[self.textarea][0] = self.data[self.textarea][0].removeprefix("\n")
            self.textarea = ""


def held(response: Any, form_id: str = "measure_form") -> dict[str, Any]:
    """The data of a form in a page; a single value as a string, several as a list."""
    parser = _Form(form_id)
    parser.feed(response.content.decode())
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in parser.data.items()
        if values and "__prefix__" not in name
    }


def shown(client: Client, url: str, form_id: str = "measure_form") -> dict[str, Any]:
    """The initial data of the form at `url`."""
    return held(client.get(url), form_id)


def errors_by_field(response: Any) -> dict[str, list[str]]:
    """The error messages of an invalid form by field name; '' for the whole form."""
    context = response.context
    if response.status_code == 302 or "adminform" not in context:
        return {}
    forms = [context["adminform"].form]
    found: dict[str, list[str]] = {}
    for inline in context["inline_admin_formsets"]:
        forms += inline.formset.forms
        if inline.formset.non_form_errors():
            found[inline.formset.prefix] = list(inline.formset.non_form_errors())
    for form in forms:
        for name, messages in form.errors.items():
            found[form.add_prefix(name) if name != "__all__" else form.prefix or ""] = list(messages)
    return found


def errors(response: Any) -> list[str]:
    """All error messages of an invalid form."""
    return [message for messages in errors_by_field(response).values() for message in messages]
