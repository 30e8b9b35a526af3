"""The language of structured queries, read into values.

https://docs.oracle.com/en-us/iaas/Content/Search/Concepts/querysyntax.htm
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from ...core.syntax import explain
from .conditions import AllOf, AnyOf, Comparison, Condition, join, operators_of
from .resource_types import FIELDS, TIME, TYPES

# Keywords are taken in whatever case, as types and fields are.
_KEYWORDS = ("query", "all", "resources", "return", "allAdditionalFields", "where", "union", "sorted", "by", "now")
# Without parentheses between them, && and || do not stand side by side.
_GRAMMAR = r"""
query: _QUERY clause (_UNION _QUERY? clause)* [order]
clause: types [RETURN ALLADDITIONALFIELDS] [_WHERE condition]
types: (ALL | NAME ("," NAME)*) _RESOURCES
order: _SORTED _BY NAME [DIRECTION]
?condition: _operand
          | _operand (_AND _operand)+ -> all_of
          | _operand (_OR _operand)+ -> any_of
_operand: comparison | "(" condition ")"
comparison: NAME OPERATOR value
value: (TEXT | NOW) [SIGN INTERVAL]
DIRECTION.2: /(asc|desc)(?![\w.])/i
_AND.2: /&&|and(?![\w.])/i
_OR.2: /\|\||or(?![\w.])/i
OPERATOR: /!==|==|!=|=~|>=|<=|=|<|>/
SIGN: /[+-]/
INTERVAL: /\d+ *[smhdw](?!\w)/i
NAME: /[a-z][\w.]*/i
TEXT: /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/s
%ignore /\s+/
"""
_KEPT = frozenset({"ALL", "RETURN", "ALLADDITIONALFIELDS", "NOW"})
_TERMINAL_OF = {word: word.upper() if word.upper() in _KEPT else f"_{word.upper()}" for word in _KEYWORDS}
_WORDS = {
    "NAME": "a name",
    "TEXT": "a value in quotes",
    "OPERATOR": "an operator",
    "DIRECTION": "'asc' or 'desc'",
    "SIGN": "'+' or '-'",
    "INTERVAL": "an interval such as 3h",
    "_AND": "'&&'",
    "_OR": "'||'",
    "$END": "the end",
}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
_MOST_LEVELS = 32
_JOINS = frozenset({"_AND", "_OR"})


Joined = TypeVar("Joined", AllOf, AnyOf)


@dataclass(frozen=True, slots=True)
class Clause:
    """Resource types, by their names in small letters, and what has to hold of resources; None for all of them."""

    types: tuple[str, ...]
    condition: Condition | None
    shows_all: bool


@dataclass(frozen=True, slots=True)
class Order:
    """The field that results are sorted by, in small letters, and in which direction."""

    field: str = "timecreated"
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched.

    Attributes:
        clauses: what a resource has to fulfil, one of them.
        order: how results are sorted: the newest first, where nothing else is said.
        shows_all: whether additional fields are returned.
    """

    clauses: tuple[Clause, ...]
    order: Order
    shows_all: bool


@dataclass(frozen=True, slots=True)
class _Written:
    """A value as it is written: a text in quotes, or `now`, and seconds that are added to it."""

    token: Token
    seconds: int | None


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Makes values of what was parsed. Raises ValueError for what no resource has."""

    def __init__(self, *, is_loose: bool) -> None:
        super().__init__()
        self._is_loose = is_loose

    def query(self, *parts: Any) -> Query:
        *clauses, order = parts
        shows_all = any(clause.shows_all for clause in clauses)
        if shows_all and (len(clauses) > 1 or len(clauses[0].types) > 1):
            raise ValueError("'return' stands in queries of one resource type only")
        return Query(tuple(clauses), order or Order(), shows_all)

    def clause(
        self, types: tuple[str, ...], returned: Token | None, _: Token | None, condition: Condition | None
    ) -> Clause:
        return Clause(types, condition, shows_all=returned is not None)

    def types(self, *names: Token) -> tuple[str, ...]:
        if names[0].type == "ALL":
            return tuple(TYPES)
        for name in names:
            if name.lower() not in TYPES:
                raise ValueError(_at(name, "is not a resource type that the local OCI searches"))
        return tuple(dict.fromkeys(name.lower() for name in names))

    def order(self, name: Token, direction: Token | None) -> Order:
        return Order(_field(name), descending=direction is None or direction.lower() == "desc")

    def all_of(self, *conditions: Condition) -> AllOf:
        return _checked(join(conditions, is_loose=self._is_loose))

    def any_of(self, *conditions: Condition) -> AnyOf:
        return _checked(AnyOf(conditions))

    def comparison(self, name: Token, sign: Token, written: _Written) -> Comparison:
        field = _field(name)
        operators = operators_of(FIELDS[field])
        if sign not in operators:
            raise ValueError(_at(sign, f"does not compare {name}: {', '.join(operators)} do"))
        value = _time(written) if FIELDS[field] == TIME else _text(written)
        return Comparison(field, operators[sign], value)

    def value(self, token: Token, sign: Token | None, interval: Token | None) -> _Written:
        if sign is None or interval is None:
            return _Written(token, None)
        seconds = int(interval[:-1]) * _SECONDS[interval[-1].lower()]
        return _Written(token, -seconds if sign == "-" else seconds)


_TERMINALS = "".join(f"{_TERMINAL_OF[word]}.2: /{word}(?![\\w.])/i\n" for word in _KEYWORDS)


@cache
def _parser(*, is_loose: bool) -> Lark:
    # What is parsed is read at once, without a tree in between, so that no depth of it is too much.
    reader = _Reader(is_loose=is_loose)
    return Lark(_GRAMMAR + _TERMINALS, parser="lalr", start="query", maybe_placeholders=True, transformer=reader)


def parse_query(text: str, *, is_loose: bool) -> Query:
    """Return what a query asks for. Raises ValueError with a sentence that says where it is not understood.

    Where that is loose, conditions about the key and about the value of a tag may hold of different tags.
    """
    try:
        query: Query = _parser(is_loose=is_loose).parse(text)  # type: ignore[assignment]  # the reader makes it
    except UnexpectedInput as error:
        raise ValueError(_explain(error, text)) from None
    return query


def _explain(error: UnexpectedInput, text: str) -> str:
    if isinstance(error, UnexpectedToken) and error.token.type in _JOINS and _JOINS & error.accepts:
        return f"'&&' and '||' need parentheses between them, at character {error.token.start_pos + 1}"
    spellings = {terminal.name: repr(terminal.pattern.value) for terminal in _parser(is_loose=True).terminals}
    words = {terminal: repr(word) for word, terminal in _TERMINAL_OF.items()}
    return explain(error, text, {**spellings, **words, **_WORDS})


def _field(name: Token) -> str:
    """Return the field of this name, in small letters. Raises ValueError where there is none."""
    if name.lower() not in FIELDS:
        raise ValueError(_at(name, "is not a field that the local OCI searches"))
    return name.lower()


def _checked(condition: Joined) -> Joined:
    """Return conditions that are joined. Raises ValueError where they are nested too deeply to be looked into."""
    if condition.depth > _MOST_LEVELS:
        raise ValueError(f"conditions are nested more than {_MOST_LEVELS} levels deep")
    return condition


def _time(written: _Written) -> datetime:
    # The constant `now` is exact to the second.
    now = datetime.now(UTC).replace(microsecond=0)
    moment = now if written.token.type == "NOW" else _moment(written.token)
    try:
        return moment + timedelta(seconds=written.seconds or 0)
    except OverflowError:
        raise ValueError(_at(written.token, "is moved out of all times")) from None


def _text(written: _Written) -> str:
    if written.token.type == "NOW" or written.seconds is not None:
        raise ValueError(_at(written.token, "is a time, and the field is none"))
    return _unquoted(written.token)


def _moment(token: Token) -> datetime:
    """Return the time that a text says; without a zone, it is UTC. Raises ValueError where it says none."""
    try:
        moment = datetime.fromisoformat(re.sub(r" (?=[+-]\d)", "", _unquoted(token)))
    except ValueError:
        raise ValueError(_at(token, "is not a time")) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unquoted(token: Token) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


def _at(token: Token, words: str) -> str:
    return f"{str(token)!r} at character {(token.start_pos or 0) + 1} {words}"
