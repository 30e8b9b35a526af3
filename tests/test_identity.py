"""The Identity service, through the SDK's own client: compartments, dynamic groups, policies, the tenancy."""

from __future__ import annotations

import secrets
from typing import Any

import oci
import pytest
from oci.identity import models

from emulator.services.identity.compartments import Compartments
from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World

KINDS = ("dynamic_group", "policy")
RULE = "ALL {resource.type = 'fnfunc'}"
STATEMENTS = ["Allow dynamic-group backups to use volumes in tenancy"]


@pytest.fixture
def identity(cloud: World) -> Any:
    return client_of(oci.identity.IdentityClient, cloud)


def title(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def details(kind: str, cloud: World, **other: Any) -> Any:
    own = {"matching_rule": RULE} if kind == "dynamic_group" else {"statements": STATEMENTS}
    given = {"compartment_id": cloud.oci.cloud.tenancy_id, "name": f"n-{secrets.token_hex(4)}", "description": "d"}
    return getattr(models, f"Create{title(kind)}Details")(**{**given, **own, **other})


@pytest.mark.parametrize("kind", KINDS)
def test_a_dynamic_group_or_policy_is_there_at_once_and_gone_at_once(cloud: World, identity: Any, kind: str) -> None:
    call = {verb: getattr(identity, f"{verb}_{kind}") for verb in ("create", "get", "update", "delete")}
    described = details(kind, cloud)
    created = call["create"](described)
    made = created.data
    assert (made.name, made.lifecycle_state, made.id.split(".")[3]) == (described.name, "ACTIVE", "")
    got = call["get"](made.id)
    assert (got.data, got.headers["etag"]) == (made, created.headers["etag"])
    change = getattr(models, f"Update{title(kind)}Details")(description="another")
    updated = call["update"](made.id, change, if_match=got.headers["etag"])
    assert updated.data.description == "another"
    assert updated.headers["etag"] != got.headers["etag"]
    assert refusal(call["update"], made.id, change, if_match=got.headers["etag"])[:2] == (412, "NoEtagMatch")
    listing = identity.list_policies if kind == "policy" else identity.list_dynamic_groups
    assert listing(cloud.oci.cloud.tenancy_id, name=made.name).data == [updated.data]
    call["delete"](made.id)
    assert refusal(call["get"], made.id)[:2] == (404, "NotAuthorizedOrNotFound")


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_taken_is_refused_in_whatever_case(cloud: World, identity: Any, kind: str) -> None:
    create, described = getattr(identity, f"create_{kind}"), details(kind, cloud)
    create(described)
    described.name = described.name.upper()
    status, code, message = refusal(create, described)
    assert (status, code) == (409, f"{title(kind)}AlreadyExists")
    assert described.name in message


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "a group outside of the tenancy": (
        "dynamic_group",
        {"compartment_id": "ocid1.compartment.oc1..aaaa"},
        "Dynamic group can only be created in the tenancy compartment",
    ),
    "a group without a rule": ("dynamic_group", {"matching_rule": ""}, "Missing required parameter: matchingRule"),
    "a name with a space": ("policy", {"name": "my policy"}, "name must be 1 to 100 letters"),
    "no description": ("policy", {"description": ""}, "Missing required parameter: description"),
    "no statement": ("policy", {"statements": []}, "Missing required parameter: statements"),
    "an empty statement": ("policy", {"statements": [" "]}, "a policy statement must be a text that is not empty"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_makes_no_sense_is_refused_with_a_sentence(cloud: World, identity: Any, case: str) -> None:
    kind, wrong, words = REFUSED[case]
    status, _, message = refusal(getattr(identity, f"create_{kind}"), details(kind, cloud, **wrong))
    assert status == 400
    assert words in message


def test_an_update_cannot_take_away_what_a_policy_needs(cloud: World, identity: Any) -> None:
    policy = identity.create_policy(details("policy", cloud)).data
    change = models.UpdatePolicyDetails(statements=[])
    assert refusal(identity.update_policy, policy.id, change)[:2] == (400, "InvalidParameter")
    assert identity.get_policy(policy.id).data.statements == STATEMENTS


def test_a_policy_is_attached_to_a_compartment_that_is_there(cloud: World, identity: Any) -> None:
    nowhere = details("policy", cloud, compartment_id="ocid1.compartment.oc1..aaaa")
    assert refusal(identity.create_policy, nowhere)[:2] == (404, "NotAuthorizedOrNotFound")


def make_compartment(identity: Any, parent_id: str) -> Any:
    described = models.CreateCompartmentDetails(
        compartment_id=parent_id, name=f"c-{secrets.token_hex(4)}", description="d"
    )
    made = identity.create_compartment(described).data
    assert made.lifecycle_state == "CREATING"
    return wait_for(identity.get_compartment, made.id, "ACTIVE")


def test_compartments_are_a_tree_that_is_asked_who_lies_in_whom(cloud: World, identity: Any) -> None:
    outer = make_compartment(identity, cloud.oci.compartment_id)
    inner = make_compartment(identity, outer.id)
    is_at_or_below = cloud.oci.service(Compartments).is_at_or_below
    tenancy_id = cloud.oci.cloud.tenancy_id
    for ancestor_id in (inner.id, outer.id, cloud.oci.compartment_id, tenancy_id):
        assert is_at_or_below(inner.id, ancestor_id)
    assert not is_at_or_below(outer.id, inner.id)
    assert not is_at_or_below(tenancy_id, outer.id)
    assert not is_at_or_below("ocid1.compartment.oc1..unknown", tenancy_id)
    assert [found.id for found in identity.list_compartments(outer.id).data] == [inner.id]
    listed = oci.pagination.list_call_get_all_results(
        identity.list_compartments, tenancy_id, compartment_id_in_subtree=True
    )
    assert {outer.id, inner.id, cloud.oci.compartment_id} <= {found.id for found in listed.data}
    named = identity.list_compartments(tenancy_id, compartment_id_in_subtree=True, name=inner.name).data
    assert [found.id for found in named] == [inner.id]


def test_a_compartment_goes_by_a_work_request_once_it_is_empty(cloud: World, identity: Any) -> None:
    outer = make_compartment(identity, cloud.oci.compartment_id)
    inner = make_compartment(identity, outer.id)
    assert refusal(identity.delete_compartment, outer.id)[:2] == (409, "Conflict")
    volume_id = cloud.volume(compartmentId=inner.id)
    status, _, message = refusal(identity.delete_compartment, inner.id)
    assert (status, volume_id in message) == (409, True)
    cloud.oci.operator.call("DELETE", f"/20160918/volumes/{volume_id}")
    for compartment in (inner, outer):
        work_request_id = identity.delete_compartment(compartment.id).headers["opc-work-request-id"]
        done = wait_for(identity.get_work_request, work_request_id, "SUCCEEDED", "status")
        assert (done.operation_type, done.resources[0].identifier) == ("DELETE_COMPARTMENT", compartment.id)
        assert identity.get_compartment(compartment.id).data.lifecycle_state == "DELETED"
    nested = models.CreateCompartmentDetails(compartment_id=outer.id, name="late", description="d")
    assert refusal(identity.create_compartment, nested)[0] == 404


def test_a_compartment_is_renamed_to_a_name_that_no_sibling_has(cloud: World, identity: Any) -> None:
    parent = make_compartment(identity, cloud.oci.compartment_id)
    one, other = (make_compartment(identity, parent.id) for _ in range(2))
    rename = models.UpdateCompartmentDetails(name=other.name)
    assert refusal(identity.update_compartment, one.id, rename)[:2] == (409, "CompartmentAlreadyExists")
    rename.name = one.name
    assert identity.update_compartment(one.id, rename).data.name == one.name


def test_the_tenancy_is_the_root_compartment_and_has_two_regions(cloud: World, identity: Any) -> None:
    tenancy_id = cloud.oci.cloud.tenancy_id
    assert identity.get_tenancy(tenancy_id).data.home_region_key == "IAD"
    assert identity.get_compartment(tenancy_id).data.id == tenancy_id
    [home, second] = identity.list_region_subscriptions(tenancy_id).data
    assert (home.region_name, home.status, home.is_home_region) == ("us-ashburn-1", "READY", True)
    assert (second.region_name, second.region_key, second.is_home_region) == ("us-phoenix-1", "PHX", False)
    assert [region.name for region in identity.list_regions().data] == ["us-ashburn-1", "us-phoenix-1"]
    assert refusal(identity.get_tenancy, f"{tenancy_id}x")[0] == 404
