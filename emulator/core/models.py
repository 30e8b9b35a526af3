"""The models of Oracle's SDK: they say what a request's body may hold, and what an answer shows.

Types, required fields and values are told by the models' own documentation, which the API's specification generates.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from .errors import invalid, malformed, missing
from .operations import Document

_VALUES = re.compile(r"Allowed values for this property are: (.+)")
_QUOTED = re.compile(r'"(\w+)"')
_OF_LIST = re.compile(r"list\[(.+)\]")
_OF_MAP = re.compile(r"dict\(str, (.+)\)")
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class Field(NamedTuple):
    """A field of a model: its type in the SDK's words, whether it is required, and its values if they are named."""

    type: str
    is_required: bool
    values: frozenset[str]


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


def only_fields_of(document: Document, model: type) -> Document:
    """Return what a model shows of a resource: the fields that it has, and of these those that the resource has."""
    return {name: document[name] for name in fields_of(model) if name in document}


def check_details(details: Document, model: type, path: str = "") -> None:
    """Raise ServiceError 400 where a body is not what its model says: a field unknown, missing, or of a wrong type."""
    fields = fields_of(model)
    for name, field in fields.items():
        value = details.get(name)
        if field.is_required and value in _EMPTY:
            raise missing(path + name)
        if value is None:
            continue
        _check_value(value, field.type, model, path + name)
        if field.values and value not in field.values:
            raise invalid(f"{path}{name} must be one of {', '.join(sorted(field.values))}")
    for name in details:
        if name not in fields:
            raise invalid(f"Unrecognized field: {path}{name}")


def _check_value(value: Any, expected: str, model: type, name: str) -> None:
    if of_list := _OF_LIST.fullmatch(expected):
        for place, item in enumerate(_checked(value, list, name)):
            _check_value(item, of_list[1], model, f"{name}[{place}]")
    elif of_map := _OF_MAP.fullmatch(expected):
        for key, item in _checked(value, dict, name).items():
            _check_value(item, of_map[1], model, f"{name}.{key}")
    elif expected in _IS_OF_TYPE:
        if not _IS_OF_TYPE[expected](value):
            raise malformed(name)
    else:
        check_details(_checked(value, dict, name), _subtype(expected, value, model), f"{name}.")


def _checked(value: Any, kind: type, name: str) -> Any:
    if not isinstance(value, kind):
        raise malformed(name)
    return value


def _subtype(name: str, document: Document, beside: type) -> type:
    """Return the model of this name, or the one of its subtypes that the document's discriminator names."""
    models = importlib.import_module(beside.__module__.rpartition(".")[0])
    model: Any = getattr(models, name)
    # A discriminator that is missing or unknown is told by the base, whose field it is.
    with contextlib.suppress(AttributeError, KeyError):
        model = getattr(models, model.get_subtype(document))
    found: type = model
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
