"""What Oracle's SDK expects of an answer, and whether an answer is that.

The SDK's clients are generated from the API's specification: each method says its path, and the model of what comes
back. They are read, and not imported, because there are hundreds of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import oci

from emulator import ServiceError
from emulator.core.journal import Entry
from emulator.core.models import check_answer

_SDK = Path(oci.__file__).parent
_BASE_PATH = re.compile(r"'base_path': '/(\w+)'")
_OPERATION = re.compile(r'resource_path = "([^"]+)"\s+method = "(\w+)"\s+operation_name = "(\w+)"')
_RESPONSE = re.compile(r'response_type="([^"]+)"')
_REQUEST = re.compile(r"^(\w+): (\w+) (\S+) ->")
# Paths of the local OCI alone, of the Fn API, which has no SDK of Oracle, and of the version of Functions that the SDK
# has left behind.
NOT_IN_SDK = re.compile(r"/(emulator|v2|invoke)/|/20181201/(applications|functions)\b")
# What the caller decides: bytes of an object, a function's own answer.
_OPAQUE = frozenset({"stream", "bytes", "str"})


class Expected(NamedTuple):
    """What the SDK knows of an operation: its path as an expression, the package of its models, and its answer."""

    path: re.Pattern[str]
    package: str
    answer: str | None


@cache
def _clients() -> dict[str, list[Path]]:
    """The modules of all clients by the version of their API."""
    found: dict[str, list[Path]] = {}
    for module in sorted(_SDK.glob("*/*_client.py")):
        with module.open() as lines:
            version = _BASE_PATH.search(lines.read(12_000))
        if version:
            found.setdefault(version[1], []).append(module)
    return found


@cache
def _operations(version: str) -> dict[tuple[str, str], list[Expected]]:
    """What the clients of a version know, by method and name."""
    found: dict[tuple[str, str], list[Expected]] = {}
    for module in _clients().get(version, []):
        text = module.read_text()
        starts = list(_OPERATION.finditer(text))
        ends = [start.start() for start in starts[1:]] + [len(text)]
        for start, end in zip(starts, ends, strict=True):
            path, method, operation = start.groups()
            name = "".join(part.capitalize() for part in operation.split("_"))
            answer = _RESPONSE.search(text, start.end(), end)
            pattern = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(f"/{version}{path}")) + "/?")
            expected = Expected(pattern, f"oci.{module.parent.name}.models", answer[1] if answer else None)
            found.setdefault((method, name), []).append(expected)
    return found


def expected_of(name: str, method: str, path: str) -> list[Expected]:
    """What the SDK expects of an operation at a path: more than one thing where services share name and path."""
    known = _operations(path.split("/")[1]).get((method, name), [])
    return [expected for expected in known if expected.path.fullmatch(path)]


def deviations(entries: Iterable[Entry]) -> Iterator[str]:
    """What in the successful answers of a journal is not as the SDK expects, a sentence each."""
    for entry in entries:
        request = _REQUEST.match(entry.line) if entry.kind == "request" else None
        if request and entry.details["status"] < 300 and not NOT_IN_SDK.match(request[3]):
            known = expected_of(*request.groups())
            problems = [_problem(entry.details["answer"], expected) for expected in known]
            if not known:
                yield f"{request[0]} is not an operation of the SDK"
            elif all(problems):
                yield f"{request[0]} {' / '.join(dict.fromkeys(problems))}"


def _problem(answer: Any, expected: Expected) -> str:
    """What is wrong with an answer, or an empty text."""
    if isinstance(answer, bytes) or expected.answer in _OPAQUE:
        return ""
    if expected.answer is None or answer is None:
        return "" if answer is expected.answer else f"{answer!r:.80} is not {expected.answer}"
    items = [_received(item) for item in answer] if isinstance(answer, list) else _received(answer)
    try:
        check_answer(items, expected.answer, expected.package)
    except ServiceError as error:
        return error.message
    return ""


def _received(document: Any) -> Any:
    """A backup that is only received has no time of creation yet, as recorded, although the SDK calls it required."""
    if isinstance(document, dict) and document.get("timeRequestReceived") and document["timeCreated"] is None:
        return {**document, "timeCreated": document["timeRequestReceived"]}
    return document
