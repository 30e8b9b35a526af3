"""What the documents say is what the code does."""

from __future__ import annotations

import ast
import inspect
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.way_of_an_event import PICTURE, draw
from emulator import LocalOci, Options
from emulator.options import PROJECT
from handlers.backups import existing_backups
from handlers.domain import deadline, errors, operations
from handlers.domain.operations import Operation
from handlers.domain.result import Outcome
from handlers.domain.topic_kinds import TOPIC_KINDS
from handlers.output import alert, publish, titles
from handlers.settings import KEYS, read
from handlers.triggers import alarm, collection, kinds
from handlers.triggers.kinds import KINDS
from tests.world import World, payload_names

DOCUMENTS = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").glob("*.md"),
    *(PROJECT / folder / "README.md" for folder in ("emulator", "deploy", "bench")),
]
OPERATIONS = [value for value in vars(operations).values() if isinstance(value, Operation)]
MAILS = PROJECT / "tests" / "mails"


def document(name: str) -> str:
    return (PROJECT / name).read_text()


def section(name: str, title: str) -> str:
    return document(name).split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The rows of all tables below their titles, as lists of cells."""
    tables = re.findall(r"^\|[ -]+\|[ -|]+\n((?:\|.*\n?)+)", text, re.MULTILINE)
    return [[cell.strip() for cell in line[1:-1].split("|")] for table in tables for line in table.splitlines()]


def blocks(name: str, language: str) -> list[str]:
    """The blocks of a page that are fenced as in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document(name), re.MULTILINE | re.DOTALL)


def in_words(text: str) -> list[str]:
    """A text without regard to where its lines are wrapped."""
    return text.split()


def test_the_first_page_is_one_page_that_fits_a_screen() -> None:
    lines = document("README.md").splitlines()
    assert len(lines) <= 135
    assert [line for line in lines if len(line) > 120] == []


def test_the_picture_is_what_its_script_draws() -> None:
    assert PICTURE.read_text() == draw(), "make picture"


def test_the_configuration_page_lists_every_key_with_its_default() -> None:
    table = re.findall(
        r"^\| `([A-Z_]+)` \| *(?:`([^`]*)`|required)? *\| .+ \|$", document("docs/configuration.md"), re.MULTILINE
    )
    keys = dict(table)
    assert len(keys) == len(table)
    assert sorted(keys) == sorted(KEYS)
    topic = "ocid1.onstopic.oc1.iad.a"
    assert read({**keys, "TOPIC_ID": topic}) == read({"TOPIC_ID": topic})


def test_the_configuration_page_says_which_services_a_topic_may_be_of() -> None:
    [row] = re.findall(r"^\| `TOPIC_ID` .*$", document("docs/configuration.md"), re.MULTILINE)
    assert [kind.service for kind in TOPIC_KINDS.values() if kind.service not in row] == []


def test_the_policies_page_lists_every_statement_that_an_operation_needs_and_no_other() -> None:
    pattern = r"^Allow dynamic-group <the function's> to (.+) in compartment <C>$"
    listed = set(re.findall(pattern, document("docs/policies.md"), re.MULTILINE))
    assert listed == {grant for operation in OPERATIONS for grant in operation.grants}


def test_the_first_page_lists_every_kind_of_trigger_with_the_fields_that_it_is_recognised_by() -> None:
    table = {cells[0]: cells[1] for cells in rows(section("README.md", "What sets it off"))}
    sent = {kind.name: kind for kind in KINDS if kind.looks_like}
    assert set(table) == {"batch", *sent}
    for name, kind in sent.items():
        fields = re.findall(r"\w+", "".join(re.findall(r"\((.+)\)", kind.looks_like)))
        assert [field for field in fields if f"`{field}`" not in table[name]] == [], name


def test_the_contributors_page_names_every_kind_of_trigger() -> None:
    named = section("CONTRIBUTING.md", "Add a kind of trigger")
    assert [kind.name for kind in KINDS if kind.looks_like and f"`{kind.name}`" not in named] == []


def test_the_mail_on_the_first_page_is_one_of_those_that_are_tested() -> None:
    [shown] = blocks("README.md", "text")
    assert in_words(shown) in [in_words(path.read_text()) for path in MAILS.iterdir()]


def test_the_messages_page_links_every_mail() -> None:
    linked = set(re.findall(r"\(\.\./tests/mails/(\w+\.txt)\)", document("docs/messages.md")))
    assert linked == {path.name for path in MAILS.iterdir()}


def test_the_messages_page_lists_every_outcome() -> None:
    table = [cells[0].strip("`") for cells in rows(section("docs/messages.md", "Outcomes"))]
    assert sorted(table) == sorted(Outcome)


def codes_of_errors() -> set[str]:
    return {kind.code for kind in vars(errors).values() if isinstance(kind, type) and hasattr(kind, "code")}


def test_the_failures_page_names_every_code_that_an_error_of_the_function_has() -> None:
    page = document("docs/failures.md")
    assert [code for code in codes_of_errors() if f"`{code}`" not in page] == []


LIMITS = {
    "items of a body": collection.MAX_ITEMS,
    "resources of a body": collection.MAX_TARGETS,
    "envelopes and arrays inside each other": kinds.MAX_DEPTH,
    "skips of a body that stand one by one": collection.MAX_SKIPS,
    "failures of a body that differ": collection.MAX_FAILURES,
    "metric streams that an alarm lists": alarm._MAX_DIMENSIONS,
    "messages of one publish to a topic": publish.MAX_MESSAGES,
    "resources that a mail names for each cause": alert._MAX_NAMED,
    "causes that a mail tells": alert._MAX_CAUSES,
    "backups that are looked at for the trigger's own": existing_backups._BACKUPS_TO_COMPARE,
    "the time of a call": int(deadline.MAX_SECONDS),
}


@pytest.mark.parametrize("what", LIMITS)
def test_the_limits_page_gives_the_limit_that_the_code_has(what: str) -> None:
    table = {cells[0]: cells[1] for cells in rows(document("docs/limits.md"))}
    assert f"{LIMITS[what]:,}" in re.findall(r"[\d,]*\d", table[what])


def test_the_messages_page_gives_the_longest_title() -> None:
    assert f"one line of at most {titles.MAX_TITLE_LENGTH} characters" in document("docs/messages.md")


def alike(value: Any) -> Any:
    """A JSON value without what differs from run to run: ids, tokens, times, durations."""
    if isinstance(value, dict):
        return {key: alike(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [alike(inner) for inner in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return "number"
    if not isinstance(value, str):
        return value
    text = re.sub(r"ocid1\.(\w+)\.[\w.-]+(…)?", r"ocid1.\1", value)
    text = re.sub(r"[0-9a-f]{64}|\b[0-9A-F]{32}\b", "id", text)
    return re.sub(r"2\d{3}-\d\d-\d\dT[\d:.]+Z", "time", text)


def shortened_as(shown: Any, real: Any) -> Any:
    """What is real without the fields of a backup that a page leaves out."""
    if isinstance(shown, list):
        return [shortened_as(*pair) for pair in zip(shown, real, strict=True)]
    if not isinstance(shown, dict):
        return real
    backup = "lifecycleState" in shown and "id" in shown
    return {key: shortened_as(shown.get(key), value) for key, value in real.items() if not backup or key in shown}


@pytest.fixture
def backed_up(cloud: World) -> tuple[World, Any]:
    """What the function did with the event that the pages show, and its answer."""
    _, answer = cloud.invoke(cloud.payload("event_updatevolume_tagged.json"))
    return cloud, answer


def test_the_message_on_the_first_page_is_the_one_that_is_published(backed_up: tuple[World, Any]) -> None:
    cloud, _ = backed_up
    [shown] = map(json.loads, blocks("README.md", "json"))
    [event] = cloud.events()
    assert alike(shortened_as(shown, event)) == alike(shown)


def test_the_answer_on_the_messages_page_is_the_real_one(backed_up: tuple[World, Any]) -> None:
    _, answer = backed_up
    [shown] = map(json.loads, blocks("docs/messages.md", "json"))
    assert alike(shortened_as(shown, answer)) == alike(shown)


def test_the_log_on_the_operations_page_is_the_real_one(backed_up: tuple[World, Any]) -> None:
    cloud, _ = backed_up
    [shown] = blocks("docs/operations.md", "json")
    lines = [json.loads(line) for line in cloud.log(least=2)]
    assert alike(lines[-2:]) == alike([json.loads(line) for line in shown.splitlines()])


def test_the_first_test_on_the_deployment_page_answers_what_stands_there(cloud: World) -> None:
    [command, shown] = re.findall(
        r"^\$ echo '(.+)' \| fn invoke .*\n(\{.+\})$", document("deploy/README.md"), re.MULTILINE
    )[0]
    sent = command.replace("ocid1.volume.oc1.iad.…", cloud.volume())
    _, answer = cloud.invoke(sent)
    assert alike(answer) == alike(json.loads(shown))


def test_one_version_stands_everywhere() -> None:
    version = tomllib.loads(document("pyproject.toml"))["project"]["version"]
    assert yaml.safe_load(document("func.yaml"))["version"] == version
    assert yaml.safe_load(document("deploy/schema.yaml"))["version"] == version
    assert re.findall(r"^## ([\d.]+)", document("CHANGELOG.md"), re.MULTILINE)[0] == version
    for name in ("deploy/README.md", "deploy/variables.tf", "deploy/schema.yaml", "deploy/image/Dockerfile"):
        assert set(re.findall(r"create-volume-backup:([\d.]+\d)", document(name))) == {version}, name


def test_the_local_ocis_page_lists_every_operation_with_what_its_docstring_says() -> None:
    page = (PROJECT / "emulator" / "README.md").read_text()
    oci = LocalOci(Options())
    oci.stop()
    for operation, method in oci.operations():
        words = " ".join((inspect.getdoc(method) or "").split())
        assert f"| `{operation.name}`<br>" in page, operation.name
        assert f" | {words} |" in page, operation.name
        assert words.startswith(
            (operation.name, "Not an API operation", "The next calls", "Forget", "Replace", "Take", "Give")
        )


def anchors_of(page: Path) -> set[str]:
    """The names under which a page's titles can be linked, as GitHub makes them."""
    titles_of_page = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles_of_page}


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_links_lead_to_files_and_titles_that_exist(page: Path) -> None:
    for file, _, anchor in (link.partition("#") for link in re.findall(r"\]\((?!http)([^)\s]+)\)", page.read_text())):
        target = page.parent / file if file else page
        assert target.exists(), file
        if anchor:
            assert anchor in anchors_of(target), f"{file}#{anchor}"


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:handlers|emulator|tests|deploy|bench|docs)/[\w/]+\.\w+)`", page.read_text())
    assert [name for name in named if not (PROJECT / name).exists()] == []


def test_every_page_of_docs_can_be_reached_from_the_first_page() -> None:
    linked = set(re.findall(r"\((docs/\w+\.md)\)", document("README.md")))
    assert linked == {str(path.relative_to(PROJECT)) for path in (PROJECT / "docs").glob("*.md")}


def test_every_module_that_the_contributors_page_tells_to_read_exists() -> None:
    page = section("CONTRIBUTING.md", "Read the code in an hour")
    for folder, names in re.findall(r"\]\((handlers/\w+)\): ?(.*)$", page, re.MULTILINE):
        modules = re.findall(r"`(\w+)`", names)
        assert modules, folder
        assert [name for name in modules if not (PROJECT / folder / f"{name}.py").exists()] == []


def test_every_room_says_what_goes_in_and_what_comes_out() -> None:
    for room in ("triggers", "backups", "oci", "output"):
        docstring = ast.get_docstring(ast.parse(document(f"handlers/{room}/__init__.py"))) or ""
        assert "What comes in" in docstring, room
        assert "what goes out" in docstring, room


def test_every_payload_is_used_by_a_test() -> None:
    tests = "\n".join(path.read_text() for path in (PROJECT / "tests").glob("test_*.py"))
    assert [name for name in payload_names() if f'"{name}"' not in tests] == []
