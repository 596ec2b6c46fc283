"""Every regular expression of the product, found in its code, and texts that may cause catastrophic backtracking.

`found` parses the packages, so that a new pattern is attacked automatically. `attack` runs through
`foundation.confined`, which ends a pattern that hangs.
"""

import ast
import importlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path
from re import _constants as c  # type: ignore[attr-defined]  # private to Python
from re import _parser  # type: ignore[attr-defined]  # private to Python
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("foundation", "countries", "measures", "observatory")
METHODS = ("match", "fullmatch", "search", "finditer")
"""`sub`, `split` and `findall` behave like `finditer`."""
_AS = {"sub": "finditer", "subn": "finditer", "split": "finditer", "findall": "finditer"}
LENGTH = 20_000
"""Characters of an attack, unless a smaller limit is known: quadratic time shows by then, linear takes 1 ms."""
SHORT, PROMISING = 600, 8
"""Each text is first tried at that length; the slowest ones are then tried at full length."""
LENGTHS = {
    "measures/archive/media_types.py": 4096,  # the beginning of a file
    "measures/archive/charsets.py": 4096,
    "measures/archive/wording.py:_OMISSION": 600,  # a quote; the others are applied to whole documents
    "measures/search/matching.py": 200,  # what a visitor types
    "measures/archive/listing/search.py": 200,
    "measures/references/folding.py": 600,  # a text is cut to 300 characters before it is folded, and to 600 after
    "measures/references/tokens.py": 900,  # with the marks of initials
    "measures/references/registries.py": 900,
    "measures/search/spelling.py": 200,
}
MADE_WHILE_RUNNING = {
    "measures/files/external_ids.py:between": [r"[;,\n][ \t\r\n]{0,9}(?=(?:coronanet|a|aa)/)"],
    "measures/admin/beside_review.py:pattern": [r"the\s+borders\s+are\s+closed", r"a\s+a\s+a\s+a"],
    "observatory/accounts/passwords.py:pattern": ["observatory|airam|maria|ana", "aaaa|aaa|aa|a"],
    "measures/archive/listing/search.py:_beginnings": ["[aáàâ][bB][cC]", "aaaa", "[a-z][a-z][a-z][a-z]"],
}
"""Patterns built from user input: examples, by the function that builds them."""
_STOCK = " \n\t\r-_.,;:/°\"'<>&?!()[]0a9zZé\u0300\u00ad\u2010\u2026…\0\ue000%+=#@*|\\"
_STOCK_WORDS = ("<!---->", "<!--", "a ", " a", "a-", "-\n", "\n ", "a1", "1.", "1,", "''", '""', "(…)", "[...]", "\r\n")
_TAILS = ("", "\0", "!", "\n", "a", " ", "0", "<")
_CANDIDATES = 'a0 _-.\n<"é/,;!\0\u0300'


@dataclass(frozen=True)
class Found:
    """A pattern, its location, and how it is used."""

    place: str
    pattern: str | bytes
    flags: int
    methods: tuple[str, ...]

    @property
    def length(self) -> int:
        """Maximum number of characters at that place, at most LENGTH."""
        return LENGTHS.get(self.place, LENGTHS.get(self.place.partition(":")[0], LENGTH))


# Finding them


def found() -> list[Found]:
    """Every pattern of the packages; raise ValueError if one cannot be determined from the code."""
    nodes = {path: [*ast.walk(ast.parse(path.read_text()))] for path in sorted(_sources())}
    uses: dict[str, set[str]] = {}
    for of_file in nodes.values():
        for node in of_file:
            if isinstance(node, ast.Attribute) and node.attr in (*METHODS, *_AS):
                uses.setdefault(_name(node.value), set()).add(_AS.get(node.attr, node.attr))
    return [pattern for path, of_file in nodes.items() for pattern in _in_file(path, of_file, uses)]


def _sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _calls(nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    """The calls of functions of `re` that take a pattern, with the name of the function."""
    for node in nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _name(node.func.value) == "re"):
            continue
        if node.func.attr in ("compile", *METHODS, *_AS):
            yield node, node.func


def _in_file(path: Path, nodes: list[ast.AST], uses: dict[str, set[str]]) -> Iterator[Found]:
    place = str(path.relative_to(ROOT))
    calls = [*_calls(nodes)]
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)} if calls else {}
    for node, function in calls:
        named = f"{place}:{_around(node, parents)}"
        if named in MADE_WHILE_RUNNING and function.attr == "compile":
            yield from (Found(named, pattern, 0, METHODS) for pattern in MADE_WHILE_RUNNING[named])
            continue
        flags = [keyword.value for keyword in node.keywords if keyword.arg == "flags"]
        positional = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(function.attr, 2)
        flags += node.args[positional : positional + 1]
        values = [_value(place, expression, named) for expression in (node.args[0], *flags)]
        method = _AS.get(function.attr, function.attr)
        methods = tuple(sorted(uses.get(named.rpartition(":")[2], METHODS))) if method == "compile" else (method,)
        yield Found(named, values[0], int(values[1]) if flags else 0, methods)


def _around(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str:
    """The name that the pattern is given, or of the function that uses it."""
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.Assign):
            names = [_name(name) for target in node.targets for name in getattr(target, "elts", [target])]
            return names[0]
        if isinstance(node, ast.FunctionDef):
            return node.name
    return ""


def _value(place: str, expression: ast.expr, named: str) -> Any:
    module = importlib.import_module(place.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    code = compile(ast.Expression(expression), place, "eval")
    try:
        return eval(code, vars(module))  # noqa: S307  (our own code)
    except NameError as error:
        raise ValueError(f"{named}: say in MADE_WHILE_RUNNING what this pattern may be ({error}).") from error


# Generating attacks


def attacks(pattern: str | bytes, flags: int) -> list[tuple[str, str, str]]:
    """Prefixes, repeated parts (what the pattern repeats, its branches and literals), and suffixes."""
    tree = list(_parser.parse(pattern, flags))
    wholes, repeated = _samples(tree), _repeated(tree)
    pumps = [*repeated, *wholes, *(whole[:-1] for whole in wholes), *_STOCK_WORDS, *_STOCK]
    pumps += [one + other for one, other in pairwise(repeated)]
    starts = ["", *_starts(tree), *(whole[: len(whole) // 2] for whole in wholes)]
    unlike = (filter(None, dict.fromkeys(pumps)), list(dict.fromkeys(starts))[:6], _TAILS)
    return list(product(*unlike))


def _starts(tree: list[Any]) -> Iterator[str]:
    """Examples of what precedes each part of the pattern."""
    for number in range(1, min(len(tree), 6)):
        yield from _samples(tree[:number])[:1]


def _repeated(tree: Any) -> list[str]:
    """Examples of everything that the pattern repeats, at any depth."""
    made: list[str] = []
    for operation, argument in tree:
        for part in _parts(operation, argument):
            if "REPEAT" in str(operation):
                made += _samples(part)
            made += _repeated(part)
    return list(dict.fromkeys(made))[:24]


def _parts(operation: Any, argument: Any) -> list[Any]:
    if "REPEAT" in str(operation):
        return [argument[2]]
    if operation is c.SUBPATTERN:
        return [argument[3]]
    if operation is c.ATOMIC_GROUP:
        return [argument]
    if operation is c.BRANCH:
        return list(argument[1])
    if operation in (c.ASSERT, c.ASSERT_NOT):
        return [argument[1]]
    return []


def _samples(tree: Any) -> list[str]:
    """A few texts that the pattern matches, or nearly."""
    made = [""]
    for operation, argument in tree:
        made = [text + more for text in made for more in _of(operation, argument)][:6]
    return made


def _of(operation: Any, argument: Any) -> list[str]:
    if operation is c.LITERAL:
        return [chr(argument)]
    if operation is c.NOT_LITERAL:
        return [sign for sign in _CANDIDATES if sign != chr(argument)][:1]
    if operation is c.ANY:
        return ["a", "\0"]
    if operation is c.IN:
        return _one_of(argument)
    if "REPEAT" in str(operation):
        least, _most, body = argument
        return [text * max(least, 1) for text in _samples(body)] + ([""] if least == 0 else [])
    if operation is c.BRANCH:
        return [text for branch in argument[1] for text in _samples(branch)[:2]]
    if operation in (c.SUBPATTERN, c.ATOMIC_GROUP):
        return _samples(_parts(operation, argument)[0])
    return [""]


def _one_of(members: list[Any]) -> list[str]:
    if members[0][0] is c.NEGATE:
        return [sign for sign in _CANDIDATES if not any(_matches(member, sign) for member in members[1:])][:2] or ["~"]
    made = []
    for operation, argument in members[:6]:
        if operation is c.LITERAL:
            made.append(chr(argument))
        elif operation is c.RANGE:
            made.append(chr(argument[0]))
        else:
            made += [sign for sign in _CANDIDATES if _matches((operation, argument), sign)][:2]
    return made


def _matches(member: Any, sign: str) -> bool:
    operation, argument = member
    if operation is c.LITERAL:
        return sign == chr(argument)
    if operation is c.RANGE:
        return ord(sign) in range(argument[0], argument[1] + 1)
    kind, is_not = str(argument).removeprefix("CATEGORY_").removeprefix("UNI_"), "NOT_" in str(argument)
    letter = {"SPACE": r"\s", "WORD": r"\w", "DIGIT": r"\d"}[kind.removeprefix("NOT_")]
    return bool(re.match(letter, sign)) != is_not


# In the confined process


def attack(file: BinaryIO) -> tuple[float, str]:
    """The longest time, in seconds of the processor, and the beginning of the text that took it."""
    told = json.load(file)
    pattern = told["pattern"].encode("latin-1") if told["is_bytes"] else told["pattern"]
    compiled = re.compile(pattern, told["flags"])
    texts = [(start, pump, tail) for pump, start, tail in attacks(pattern, told["flags"])]
    timed = [(_time(compiled, told, text, min(told["length"], SHORT)), text) for text in texts]
    longest = sorted(timed, reverse=True)[:PROMISING]
    seconds, text = max((_time(compiled, told, text, told["length"]), text) for _seconds, text in longest)
    return seconds, repr(text)


def _time(compiled: re.Pattern[Any], told: dict[str, Any], text: tuple[str, str, str], length: int) -> float:
    start, pump, tail = text
    whole = start + (pump * (length // len(pump) + 1))[: max(length - len(start) - len(tail), 1)] + tail
    subject = whole.encode("latin-1", "replace") if told["is_bytes"] else whole
    begun = time.process_time()
    for method in told["methods"]:
        result = getattr(compiled, method)(subject)
        for _match in result if method == "finditer" else ():
            pass
    return time.process_time() - begun
