"""Ten people, and the kinds of work that each does in turn."""

import random
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from tests.admin_forms import held
from tests.attacks.heavy.client import Answer, Client, Unreachable
from tests.ten_analysts.ledger import FIELDS, WORD, Change, Ledger, words_in

LIST, ADD = "/admin/measures/measure/", "/admin/measures/measure/add/"
IMPORT = "/admin/foundation/fileimport/add/"


class Refused(Exception):
    """The site did not do what a person asked for, and said so."""


@dataclass
class Person:
    """Somebody who is signed in and does one kind of work after the other."""

    client: Client
    ledger: Ledger
    records: dict[str, dict[int, str]]
    chance: random.Random
    work: Sequence[Callable[["Person"], None]]

    def go_on(self, is_over: threading.Event) -> None:
        """Work until the end, whatever happens to the site."""
        for act in cycle(self.work):
            if is_over.is_set():
                return
            try:
                act(self)
                self.ledger.done[act.__name__] += 1
            except Refused as reason:
                self.ledger.refused[f"{act.__name__}: {reason}"] += 1
            except (Unreachable, KeyError) as error:
                self.ledger.refused[f"{act.__name__}: {type(error).__name__}"] += 1
            is_over.wait(self.chance.uniform(0, 0.5))

    def page(self, address: str) -> Answer:
        """A page of the admin; raise Refused if it is another answer."""
        answer = self.client.get(address)
        if answer.status == 302 and "login" not in answer.location:
            answer = self.client.get(answer.location)
        if answer.status != 200:
            raise Refused(f"page {answer.status}")
        return answer

    def send(self, address: str, data: dict[str, Any], change: Change | None = None) -> Answer:
        """Send a form, and again with both versions decided if somebody else has saved; raise Refused."""
        for _time in range(4):
            answer = self.client.post(address, data)
            if answer.status == 302 and "login" not in answer.location:
                return answer
            text = answer.content.decode(errors="replace")
            if answer.status != 200 or 'id="differences"' not in text:
                raise Refused(f"{answer.status} {_reason(text)}")
            if change:
                change.seen |= words_in(answer)
            buttons = {name: value for name, value in data.items() if name.startswith("_")}
            mine = dict.fromkeys(re.findall(r'name="(choice-[^"]+)"', text), "mine")
            data = held(answer) | mine | buttons | {"another_act": "on"}
        raise Refused("others were always faster")


def _reason(page: str) -> str:
    """The first error of a page."""
    found = re.search(r'class="(?:form-faults|errornote|errorlist)".*?<li>(.*?)</li>', page, re.DOTALL)
    return WORD.sub("…", " ".join(re.sub("<[^>]+>", " ", found[1]).split()))[:90] if found else ""


# Kinds of work


def edit_draft(person: Person) -> None:
    """Change the title or the summary of a draft."""
    _edit(person, "edit", person.chance.choice(list(person.records["drafts"])))


def edit_public(person: Person) -> None:
    """Change what is public, as an editor."""
    _edit(person, "edit of what is public", person.chance.choice(list(person.records["public"])))


def _edit(person: Person, what: str, record: int) -> None:
    address = f"{LIST}{record}/change/"
    form = person.page(address)
    name = person.chance.choice(FIELDS)
    word = person.ledger.word(what, record, name, form)
    if record in person.records["public"]:
        person.ledger.may_be_public.add(word)
    change = person.ledger.changes[word]
    time.sleep(person.chance.uniform(0, 1))  # somebody types
    person.send(address, held(form) | {name: f"Act {word}", "_continue": "1", "another_act": "on"}, change)
    change.is_confirmed = True


def propose(person: Person) -> None:
    """Propose another title or summary of what is public."""
    record = person.chance.choice(list(person.records["public"]))
    answer = person.client.get(f"{LIST}{record}/change/?propose=1")
    address = answer.location or f"{LIST}{record}/change/?propose=1"  # one's open proposal
    form = person.page(address)
    name = person.chance.choice(FIELDS)
    word = person.ledger.word("proposal", record, name, form)
    said = {"proposal_reason": "correction", "proposal_note": "Misprint", "_propose": "1", "another_act": "on"}
    sent = person.send(address, held(form) | {name: f"Act {word}"} | said, person.ledger.changes[word])
    person.ledger.proposals.setdefault(sent.location, []).append(word)
    person.ledger.changes[word].is_confirmed = True


def review(person: Person) -> None:
    """Approve a proposal, or else send it back or decline it."""
    waiting = list(person.ledger.proposals)
    if not waiting:
        raise Refused("nothing to review")
    address = person.chance.choice(waiting[-6:])
    desk = person.page(address)
    data = held(desk, "review_form")
    if 'name="_approve"' not in desk.content.decode():
        raise Refused("decided")
    decision = person.chance.choices(("_approve", "_send_back", "_decline"), (8, 1, 1))[0]
    if decision == "_approve":
        person.ledger.may_be_public |= set(person.ledger.proposals[address])
        for word in person.ledger.proposals[address]:
            person.ledger.changes[word].seen |= words_in(desk)
    sent = data | {decision: "1", "review_note": "Read."}
    answer = person.client.post(address, sent)
    if answer.status == 200:  # both versions, in the form
        number = address.rstrip("/").rpartition("/")[2]
        form = re.sub(r"revisions/.*", f"change/?revision={number}", address)
        for word in person.ledger.proposals[address]:
            person.ledger.changes[word].seen |= words_in(answer)
        mine = dict.fromkeys(re.findall(r'name="(choice-[^"]+)"', answer.content.decode()), "mine")
        person.send(form, held(answer) | mine | {"_approve": "1", "another_act": "on"})


def import_drafts(person: Person) -> None:
    """Change the summaries of some drafts by a file."""
    _import(person, person.chance.sample(sorted(person.records["drafts"].items()), 2))


def import_public(person: Person) -> None:
    """Change summaries of what is public by a file, as an editor."""
    _import(person, person.chance.sample(sorted(person.records["public"].items()), 2))


def _import(person: Person, chosen: list[tuple[int, str]]) -> None:
    form = person.page(IMPORT)
    words = [person.ledger.word("import", record, "summary_en", form) for record, _name in chosen]
    rows = [f"{name},Act {word}" for (_record, name), word in zip(chosen, words, strict=True)]
    file = ("measures.csv", "\n".join(["public_id,summary_en", *rows]).encode())
    token = held(form, "upload_form")["csrfmiddlewaretoken"]
    sent = person.client.upload(IMPORT, {"csrfmiddlewaretoken": token, "file_type": "measures", "file": file})
    if sent.status != 302:
        raise Refused(f"upload {sent.status} {_reason(sent.content.decode())}")
    preview = _checked(person, sent.location)
    confirm = held(preview, "confirm_form")
    if not confirm:
        raise Refused("no preview")
    number = int(re.search(r"/fileimport/(\d+)/", sent.location)[1])  # type: ignore[index]  # its own address
    person.ledger.imports[number] = words
    for word, (record, _name) in zip(words, chosen, strict=True):
        person.ledger.changes[word].seen |= words_in(preview)
        if record in person.records["public"]:
            person.ledger.may_be_public.add(word)
    person.client.post(sent.location, confirm | {"confirm": "1"})


def _checked(person: Person, address: str) -> Answer:
    """The page of an import once its file is checked."""
    for _time in range(40):
        page = person.page(address)
        if b'id="confirm_form"' in page.content:
            return page
        time.sleep(0.5)
    raise Refused("not checked")


def merge_two(person: Person) -> None:
    """Enter an act twice, and merge the two."""
    made = []
    for _time in range(2):
        form = person.page(ADD)
        word = person.ledger.word("entry", 0, "title_en", form)
        data = {"country": "PER", "kind": "law", "title_en": f"Act {word}", "_continue": "1", "another_act": "on"}
        sent = person.send(ADD, held(form) | data)
        made.append(int(re.search(r"measure/(\d+)/", sent.location)[1]))  # type: ignore[index]  # its own address
        change = person.ledger.changes[word]
        change.record, change.is_confirmed = made[-1], True
    token = held(form)["csrfmiddlewaretoken"]
    chosen: dict[str, Any] = {
        "action": "merge_selected",
        "_selected_action": made,
        "keep": made[0],
        "csrfmiddlewaretoken": token,
    }
    question = person.client.post(LIST, chosen)
    if question.status != 200:
        raise Refused(f"question {question.status}")
    answer = person.client.post(LIST, held(question, "") | chosen | {"_merge": "1", "shown": made[0]})
    if answer.status != 302:
        raise Refused(f"merge {answer.status} {_reason(answer.content.decode())}")
    person.ledger.merges.append((made[0], made[1]))


ANALYST = [[edit_draft], [edit_draft, propose], [edit_draft, propose], [propose], [edit_draft], [import_drafts]]
EDITOR = [[review], [review, edit_public, edit_draft], [merge_two, import_public, review, edit_draft]]
