"""The models of Oracle's SDK: they say what a request's body may hold, and what an answer shows.

Types, required fields and values are told by the models' own documentation, which the API's specification generates.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from .errors import invalid, malformed, missing
from .operations import Document

_VALUES = re.compile(r"Allowed values for (?:this property|items in this list) are: (.+)")
_QUOTED = re.compile(r'"([^"]+)"')
_OF_LIST = re.compile(r"list\[(.+)\]")
_OF_MAP = re.compile(r"dict\(str, (.+)\)")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
# A model, or its whole name where its package is large (`oci.core.models.Volume`): that is imported at its first use.
Model = type | str


class Field(NamedTuple):
    """A field of a model: its type in the SDK's words, whether it is required, and its values if they are named."""

    type: str
    is_required: bool
    values: frozenset[str]


@cache
def model_named(name: str) -> type:
    """Return the model of this whole name."""
    package, _, kind = name.rpartition(".")
    model: type = getattr(importlib.import_module(package), kind)
    return model


@cache
def fields_of(model: type) -> Mapping[str, Field]:
    """Return the fields of a model by their names on the wire."""
    empty = model()
    found = {}
    for attribute, name in empty.attribute_map.items():
        words = getattr(model, attribute).__doc__ or ""
        values = _VALUES.search(words)
        found[name] = Field(
            empty.swagger_types[attribute],
            "**[Required]**" in words,
            frozenset(_QUOTED.findall(values[1])) if values else frozenset(),
        )
    return found


def only_fields_of(document: Document, model: Model) -> Document:
    """Return what a model shows of a resource: the fields that it has, and of these those that the resource has."""
    return {name: document[name] for name in fields_of(_resolved(model)) if name in document}


def check_details(details: Document, model: Model) -> None:
    """Raise ServiceError 400 where a body is not what its model says: a field unknown, missing, or of a wrong type."""
    _Check(_EMPTY).of_document(details, _subtype(_resolved(model), details, ""), "")


def check_answer(answer: Any, expected: str, package: str) -> None:
    """Raise ServiceError 400 where an answer is not of the type that the SDK expects: `list[Volume]` of a package.

    What is required may be empty in an answer, but not null.
    """
    _Check((None,)).of_value(answer, expected, package, expected)


class _Check:
    """Compares JSON values with their models; `absent` are the values of a field that count as none."""

    def __init__(self, absent: tuple[Any, ...]) -> None:
        self._absent = absent

    def of_document(self, document: Document, model: type, path: str) -> None:
        fields = fields_of(model)
        package = _package(model)
        for name in document:
            if name not in fields:
                raise invalid(f"Unrecognized field: {path}{name}")
        for name, field in fields.items():
            value = document.get(name)
            if field.is_required and value in self._absent:
                raise missing(path + name)
            if value is None:
                continue
            self.of_value(value, field.type, package, path + name)
            if field.values and not field.values.issuperset(value if isinstance(value, list) else [value]):
                raise invalid(f"{path}{name} must be one of {', '.join(sorted(field.values))}")

    def of_value(self, value: Any, expected: str, package: str, name: str) -> None:
        if of_list := _OF_LIST.fullmatch(expected):
            for place, item in enumerate(_checked(value, list, name)):
                self.of_value(item, of_list[1], package, f"{name}[{place}]")
        elif of_map := _OF_MAP.fullmatch(expected):
            for key, item in _checked(value, dict, name).items():
                self.of_value(item, of_map[1], package, f"{name}.{key}")
        elif expected in _IS_OF_TYPE:
            if not _IS_OF_TYPE[expected](value):
                raise malformed(name)
        else:
            model = model_named(f"{package}.{expected}")
            self.of_document(_checked(value, dict, name), _subtype(model, value, f"{name}."), f"{name}.")


def _package(model: type) -> str:
    return model.__module__.rpartition(".")[0]


def _resolved(model: Model) -> type:
    return model_named(model) if isinstance(model, str) else model


def _checked(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise malformed(name)
    return value


def _subtype(model: Any, document: Document, path: str) -> type:
    """Return the model, or the one of its subtypes that the document's discriminator names. Raises ServiceError 400."""
    found: type = model
    if hasattr(model, "get_subtype"):
        try:
            # What is unknown is the base itself, whose documentation has the values.
            found = model_named(f"{_package(model)}.{model.get_subtype(document)}")
        except KeyError as absent:
            raise missing(f"{path}{absent.args[0]}") from None
    return found


def _is_time(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


_IS_OF_TYPE: Mapping[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "datetime": _is_time,
    "object": lambda _: True,
}
