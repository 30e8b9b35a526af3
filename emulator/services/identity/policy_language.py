"""The language of policies and of dynamic groups' matching rules, read into values.

https://docs.oracle.com/en-us/iaas/Content/Identity/Concepts/policysyntax.htm
https://docs.oracle.com/en-us/iaas/Content/Identity/Tasks/managingdynamicgroups.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import VisitError

from ...core.syntax import explain
from .permissions import FAMILIES, PERMISSIONS, RESOURCE_TYPES, permissions_of

# Keywords are taken in whatever case, as names, values and variables are.
_KEYWORDS = {
    f"_{word.upper().replace('-', '_')}": word
    for word in (
        *("allow", "to", "in", "where", "any-user", "any-group", "group", "dynamic-group", "service", "id"),
        *("tenancy", "compartment", "all", "any", "not"),
    )
}
_GRAMMAR = r"""
statement: _ALLOW subject _TO grant _IN location [_WHERE condition]
?subject: _ANY_USER -> any_user
        | _ANY_GROUP -> any_group
        | _GROUP _principals -> group
        | _GROUP _ID _principals -> group_by_id
        | _DYNAMIC_GROUP _principals -> dynamic_group
        | _DYNAMIC_GROUP _ID _principals -> dynamic_group_by_id
        | _SERVICE _principals -> service
_principals: NAME ("," NAME)*
?grant: VERB NAME -> verb
      | "{" NAME ("," NAME)* "}" -> permissions
?location: _TENANCY -> tenancy
         | _COMPARTMENT NAME (":" NAME)* -> compartment
         | _COMPARTMENT _ID NAME -> compartment_by_id
?condition: _comparison
          | _ALL "{" condition ("," condition)* "}" -> all_of
          | _ANY "{" condition ("," condition)* "}" -> any_of
_comparison: equal | unequal | within | without
equal: NAME "=" _value
unequal: NAME "!=" _value
within: NAME _IN "(" _value ("," _value)* ")"
without: NAME _NOT _IN "(" _value ("," _value)* ")"
_value: TEXT | PATTERN | NAME
?rule: _match
     | _ALL "{" _match ("," _match)* "}" -> all_of
     | _ANY "{" _match ("," _match)* "}" -> any_of
_match: rule_equal | rule_unequal | defined
rule_equal: NAME "=" TEXT -> equal
rule_unequal: NAME "!=" TEXT -> unequal
defined: NAME
VERB.2: /(inspect|read|use|manage)(?![\w.@-])/i
NAME: /[a-z0-9_][\w.@-]*/i
TEXT: /'[^']*'/
PATTERN: /\/[^\/]*\//
%ignore /\s+/
"""
_WORDS = {
    "NAME": "a name",
    "TEXT": "a value in single quotes",
    "PATTERN": "a pattern between slashes",
    "VERB": "'inspect', 'read', 'use', 'manage'",
    "$END": "the end",
}
_VARIABLES = re.compile(
    r"request\.(permission|operation|region|user\.(id|name|mfatotpverified)|groups\.id"
    r"|principal\.(type|id|compartment\.id|compartment\.tag\.[^.]+\.[^.]+))"
    r"|target\.(compartment\.(id|name)|resource\.tag\.[^.]+\.[^.]+|resource\.compartment\.tag\.[^.]+\.[^.]+"
    r"|(queue|key|vault|loggroup|serviceconnector|policy)\.id|policy\.name)"
)
_OF_COMPARTMENTS = ("target.compartment.", "target.resource.compartment.")
_RULE_VARIABLES = re.compile(r"(resource|instance)\.(id|compartment\.id)|resource\.type|tag\.[^.]+\.[^.]+\.value")

Variables = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A value; `*` stands for any characters in it, and the case of letters is no difference."""

    text: str

    def matches(self, value: str, variables: Variables) -> bool:
        """Return whether this is what a variable's value looks like."""
        pattern = ".*".join(re.escape(part) for part in self.text.split("*"))
        return re.fullmatch(pattern, value, re.IGNORECASE | re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Reference:
    """Another variable, whose value is meant."""

    variable: str

    def matches(self, value: str, variables: Variables) -> bool:
        """Return whether the other variable applies and has this value."""
        return variables.get(self.variable, "").lower() == value.lower() if self.variable in variables else False


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variable and the values that it has to have, one of them, or, `negated`, not to have, none of them."""

    variable: str
    values: tuple[Text | Reference, ...]
    negated: bool

    def holds(self, variables: Variables) -> bool:
        """Return whether it is true; where the variable does not apply it is false, with != too."""
        value = variables.get(self.variable)
        if value is None:
            return False
        return any(other.matches(value, variables) for other in self.values) is not self.negated

    def names(self) -> Iterator[str]:
        """Return the variables in it."""
        yield self.variable
        yield from (value.variable for value in self.values if isinstance(value, Reference))


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions of which all, or any, have to hold."""

    conditions: tuple[Condition, ...]
    needs_all: bool

    def holds(self, variables: Variables) -> bool:
        """Return whether it is true."""
        found = (condition.holds(variables) for condition in self.conditions)
        return all(found) if self.needs_all else any(found)

    def names(self) -> Iterator[str]:
        """Return the variables in it."""
        for condition in self.conditions:
            yield from condition.names()


Condition = Comparison | Junction
SubjectKind = Literal["any-user", "any-group", "group", "dynamic-group", "service"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is allowed: `kind`, and the `names` or the OCIDs of groups, all in small letters."""

    kind: SubjectKind
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Location:
    """Where it is allowed: in the tenancy, or in the compartment of an OCID, or of a path of names."""

    ocid: str = ""
    path: tuple[str, ...] = ()

    @property
    def is_tenancy(self) -> bool:
        return not self.ocid and not self.path


@dataclass(frozen=True, slots=True)
class Statement:
    """What a policy's statement says.

    Attributes:
        subject: who is allowed.
        permissions: what is allowed.
        location: where.
        condition: when; None for always.
    """

    subject: Subject
    permissions: frozenset[str]
    location: Location
    condition: Condition | None

    @property
    def is_selective(self) -> bool:
        """Whether it tells apart the resources of a type that are in the same compartment."""
        names = self.condition.names() if self.condition else ()
        return any(name.startswith("target.") and not name.startswith(_OF_COMPARTMENTS) for name in names)


@v_args(inline=True)
class _Reader(Transformer[Token, Any]):
    """Makes values of what was parsed. Raises ValueError for names that are not known."""

    def statement(self, subject: Subject, grant: frozenset[str], location: Location, condition: Any) -> Statement:
        for name in condition.names() if condition else ():
            _check_variable(name, _VARIABLES)
        return Statement(subject, grant, location, condition)

    def any_user(self) -> Subject:
        return Subject("any-user")

    def any_group(self) -> Subject:
        return Subject("any-group")

    def group(self, *names: Token) -> Subject:
        return Subject("group", _lower(names))

    def dynamic_group(self, *names: Token) -> Subject:
        return Subject("dynamic-group", _lower(names))

    def service(self, *names: Token) -> Subject:
        return Subject("service", _lower(names))

    group_by_id, dynamic_group_by_id = group, dynamic_group

    def verb(self, verb: Token, resource_type: Token) -> frozenset[str]:
        if resource_type.lower() not in {*RESOURCE_TYPES, *FAMILIES}:
            raise ValueError(_at(resource_type, "is not a resource type that the local OCI knows"))
        return permissions_of(verb.lower(), resource_type.lower())

    def permissions(self, *names: Token) -> frozenset[str]:
        for name in names:
            if name.upper() not in PERMISSIONS:
                raise ValueError(_at(name, "is not a permission that the local OCI knows"))
        return frozenset(name.upper() for name in names)

    def tenancy(self) -> Location:
        return Location()

    def compartment(self, *path: Token) -> Location:
        return Location(path=tuple(name.lower() for name in path))

    def compartment_by_id(self, ocid: Token) -> Location:
        return Location(ocid=ocid.lower())

    def all_of(self, *conditions: Condition) -> Junction:
        return Junction(conditions, needs_all=True)

    def any_of(self, *conditions: Condition) -> Junction:
        return Junction(conditions, needs_all=False)

    def equal(self, variable: Token, *values: Token) -> Comparison:
        return Comparison(variable.lower(), tuple(map(_value, values)), negated=False)

    def unequal(self, variable: Token, *values: Token) -> Comparison:
        return Comparison(variable.lower(), tuple(map(_value, values)), negated=True)

    def defined(self, variable: Token) -> Comparison:
        return Comparison(variable.lower(), (Text("*"),), negated=False)

    within, without = equal, unequal


_TERMINALS = "".join(f"{name}.2: /{word}(?![\\w.@-])/i\n" for name, word in _KEYWORDS.items())
_PARSER = Lark(_GRAMMAR + _TERMINALS, parser="lalr", start=["statement", "rule"], maybe_placeholders=True)
_SPELLINGS = {terminal.name: repr(terminal.pattern.value) for terminal in _PARSER.terminals}
_SPELLINGS.update({name: repr(word) for name, word in _KEYWORDS.items()} | _WORDS)


@lru_cache(maxsize=4096)
def parse_statement(text: str) -> Statement:
    """Return what a policy's statement says. Raises ValueError with a sentence that says where it is not understood."""
    statement: Statement = _parse(text, "statement")
    return statement


@lru_cache(maxsize=4096)
def parse_rule(text: str) -> Condition:
    """Return a matching rule. Raises ValueError with a sentence that says where it is not understood."""
    rule: Condition = _parse(text, "rule")
    for name in rule.names():
        _check_variable(name, _RULE_VARIABLES)
    return rule


def _parse(text: str, start: str) -> Any:
    try:
        return _Reader().transform(_PARSER.parse(text, start=start))
    except UnexpectedInput as error:
        raise ValueError(explain(error, text, _SPELLINGS)) from None
    except VisitError as error:
        raise error.orig_exc from None


def _check_variable(name: str, known: re.Pattern[str]) -> None:
    if not known.fullmatch(name):
        raise ValueError(f"{name!r} is not a variable that the local OCI knows")


def _at(token: Token, words: str) -> str:
    return f"{str(token)!r} at character {(token.start_pos or 0) + 1} {words}"


def _lower(names: tuple[Token, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _value(token: Token) -> Text | Reference:
    return Reference(token.lower()) if token.type == "NAME" else Text(token[1:-1])
