"""Options and faults are keywords that a type checker knows, and a typo is told with a sentence."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from emulator import OptionNames, Options, local_oci
from emulator.http.faults import Fault, FaultKeys
from emulator.local_oci import LocalOci


def test_every_option_is_a_keyword_of_the_same_type() -> None:
    assert get_type_hints(OptionNames) == get_type_hints(Options)


def test_every_option_is_told() -> None:
    told = Options.__doc__ or ""
    assert [entry.name for entry in fields(Options) if f"\n        {entry.name}: " not in told] == []


def test_every_key_of_a_fault_is_a_keyword_of_the_same_type() -> None:
    optional = {name: kind | None for name, kind in get_type_hints(FaultKeys).items()}
    known = {entry.name for entry in fields(Fault) if not entry.name.startswith("_")}
    assert set(optional) | {"operation", "delay_seconds"} == known
    types: dict[str, Any] = get_type_hints(Fault)
    for name in ("times", "after", "every", "code", "message", "headers"):
        assert types[name] | None == optional[name]
    assert types["status"] == optional["status"]
    assert types["body"] == optional["body"]
    assert get_type_hints(LocalOci.fault)["delay_seconds"] is float


def test_an_option_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(TypeError, match=r"there is no option 'lifecyle'; there are: host, port, .*lifecycle_seconds"):
        local_oci(lifecyle=1).__enter__()  # type: ignore[call-arg]


def test_a_function_may_do_what_its_grants_say() -> None:
    with local_oci(grants=("manage instances",)) as oci:
        policies = oci.operator.call("GET", "/20160918/policies", compartmentId=oci.cloud.tenancy_id)
        within = f"in compartment id {oci.compartment_id}"
        assert f"Allow dynamic-group volume-backups to manage instances {within}" in policies[0]["statements"]
