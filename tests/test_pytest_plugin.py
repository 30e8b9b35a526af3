"""The local OCI's pytest plugin, in the test suite of somebody with another function."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.options import PROJECT

pytest_plugins = ["pytester"]
FUNCTION = """
import io, json, os
from fdk import response

def handler(ctx, data):
    body = json.loads(data.getvalue() or "{}")
    print("asked by", body.get("name"), flush=True)
    if "name" not in body:
        return response.Response(ctx, "whom shall I greet?", status_code=502)
    if body["name"] == "nobody":
        os._exit(3)
    return response.Response(ctx, f"{os.environ.get('GREETING', 'hello')} {body['name']}")
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(func=FUNCTION)
    return run_in(pytester, *arguments)


def run_in(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run pytest with the plugin and no other: those that are installed here belong to this suite."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT))
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return pytester.runpytest_subprocess("-p", "emulator.pytest_plugin", *arguments)


def test_the_estate_invokes_the_function_beside_the_tests_and_puts_back_what_a_test_disturbs(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        def test_one(estate):
            estate.oci.configure(GREETING="good evening")
            estate.oci.fault("*", times=1000, status=503)
            assert estate.answer({"name": "world"}) == "good evening world"
            assert estate.log(least=1) == ["asked by world"]

        def test_two(estate):
            assert estate.answer({"name": "world"}) == "hello world"
            assert estate.boot_volume_of(estate.instance())
            assert len(estate.entries("invocation")) == 1
        """
    )
    run(pytester).assert_outcomes(passed=2)


def test_a_failed_invocation_is_told_with_its_answer_and_its_log(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_text(estate):
            estate.answer({})

        def test_death(estate):
            estate.answer({"name": "nobody"})

        def test_error(estate):
            estate.invoke({"name": "nobody"})
        """
    )
    result = run(pytester)
    result.assert_outcomes(failed=3)
    told = [line.removeprefix("E").strip() for line in result.outlines if line.startswith("E ")]
    failed = [told.index(line) for line in ("AssertionError: the function answered 502:", "whom shall I greet?")]
    assert failed == [failed[0], failed[0] + 1]
    assert told[failed[1] + 1 :][:2] == ["The function logged:", "asked by None"]
    death = "FunctionInvokeContainerFailed: the function gave no answer: ServerDisconnectedError"
    assert told[told.index(death) + 1 :][:2] == ["The function logged:", "asked by nobody"]
    # A ServiceError has the log as its note.
    assert told[-3].endswith("ServiceError: the function gave no answer: ServerDisconnectedError")
    assert told[-2:] == ["The function logged:", "asked by nobody"]


def test_options_are_those_of_the_fixture_where_it_is_overridden(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def local_oci_options(local_oci_options):
            return {**local_oci_options, "config": {"GREETING": "hi"}, "page_size": 7}
        """
    )
    pytester.makepyfile(
        """
        def test_options(estate, local_oci):
            assert estate.oci is local_oci
            assert local_oci.options.page_size == 7
            assert estate.answer({"name": "you"}) == "hi you"
        """
    )
    run(pytester).assert_outcomes(passed=1)


def test_the_function_is_where_the_ini_file_says_and_there_is_none_where_there_is_no_file(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "greeter").mkdir()
    (pytester.path / "greeter" / "main.py").write_text(FUNCTION)
    (pytester.path / "greeter" / "func.yaml").write_text("name: greeter\n")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.there
        def test_function(estate):
            assert estate.oci.function["displayName"] == "greeter"
            assert estate.answer({"name": "you"}) == "hello you"

        @pytest.mark.nowhere
        def test_no_function(estate):
            assert not estate.oci.options.own_stack
            with pytest.raises(LookupError, match="own_stack is false"):
                estate.oci.function
        """
    )
    markers = "markers =\n there\n nowhere\n"
    for place in ("there", "nowhere"):
        file = "greeter/main.py" if place == "there" else "nowhere.py"
        pytester.makeini(f"[pytest]\nlocal_oci_function = {file}\n{markers}")
        run(pytester, "-m", place).assert_outcomes(passed=1, deselected=1)


def test_the_pages_quick_start_works_as_it_stands(pytester: pytest.Pytester) -> None:
    page = (PROJECT / "emulator" / "README.md").read_text()
    quick_start = page.split("## Quick start")[1].split("\n## ")[0]
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", quick_start, re.DOTALL):
        Path(pytester.path, name).write_text(text)
    run_in(pytester).assert_outcomes(passed=2)
