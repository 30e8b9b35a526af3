"""What the documents say is what the code does."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from emulator import LocalOci, Options
from emulator.options import PROJECT
from handlers.domain import operations
from handlers.domain.operations import Operation
from handlers.settings import KEYS, read
from handlers.triggers.kinds import KINDS
from tests.world import payload_names

README = (PROJECT / "README.md").read_text()
DOCUMENTS = [PROJECT / "README.md", *(PROJECT / folder / "README.md" for folder in ("emulator", "deploy", "bench"))]
OPERATIONS = [value for value in vars(operations).values() if isinstance(value, Operation)]


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_readme_lists_every_configuration_key_with_its_default() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| *(?:`([^`]*)`|required)? *\|", section("Configuration"), re.MULTILINE)
    assert tuple(key for key, _ in rows) == KEYS
    topic = "ocid1.onstopic.oc1.iad.a"
    assert read({**dict(rows), "TOPIC_ID": topic}) == read({"TOPIC_ID": topic})


def test_the_readme_lists_every_policy_statement_that_an_operation_needs_and_no_other() -> None:
    told = set(re.findall(r"^Allow dynamic-group <the function's> to (.+) in compartment <C>$", README, re.MULTILINE))
    assert told == {grant for operation in OPERATIONS for grant in operation.grants}


def test_the_readme_lists_every_kind_of_trigger() -> None:
    told = re.findall(r"^\| ([a-z]+) \|", section("What sets it off"), re.MULTILINE)
    assert set(told[1:]) == {"batch", *(kind.name for kind in KINDS if kind.looks_like)}


def test_the_local_ocis_page_lists_every_operation_with_what_its_docstring_says() -> None:
    page = (PROJECT / "emulator" / "README.md").read_text()
    oci = LocalOci(Options())
    oci.stop()
    for operation, method in oci.operations():
        words = " ".join((inspect.getdoc(method) or "").split())
        assert f"| `{operation.name}`<br>" in page, operation.name
        assert f" | {words} |" in page, operation.name
        assert words.startswith((operation.name, "Not an API operation", "The next calls", "Forget", "Replace"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_to_files_that_exist(document: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text())
    assert links
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_payload_is_used_by_a_test() -> None:
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").glob("test_*.py"))
    assert [name for name in payload_names() if f'"{name}"' not in tests] == []
