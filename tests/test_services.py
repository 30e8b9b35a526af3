"""The local OCI's own shape: services that stand by themselves, and the seams that tests use."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import oci
import pytest

from emulator import Image, LocalOci, Options
from emulator.core.collection import display_name, require, tagged
from emulator.core.identifiers import now
from emulator.core.operations import Call, Document, Reply, operation
from emulator.core.resources import Resources
from emulator.core.service import Service
from emulator.options import PROJECT
from emulator.services import SERVICES
from emulator.services.block_volume.volumes import Volumes
from emulator.services.functions.functions import Functions
from tests.function_client import FunctionClient
from tests.world import World, world


class Cpes(Resources):
    resource_type = "cpe"
    parameter = "cpeId"
    event_source = "VirtualNetwork"
    event_prefix = "virtualnetwork"

    def build(self, details: Document) -> Document:
        require(details, "compartmentId")
        name = display_name(details, f"cpe{now()}")
        made = {"displayName": name, "lifecycleState": "PROVISIONING", "timeCreated": now()}
        return {**tagged(details), **details, **made}

    @operation("POST", "/20160918/cpes")
    async def create_cpe(self, call: Call) -> Reply:
        return self.create(call)

    @operation("GET", "/20160918/cpes/{cpeId}")
    async def get_cpe(self, call: Call) -> Reply:
        return self.get(call)

    @operation("GET", "/20160918/cpes")
    async def list_cpes(self, call: Call) -> Reply:
        return self.page(call)

    @operation("DELETE", "/20160918/cpes/{cpeId}")
    async def delete_cpe(self, call: Call) -> Reply:
        return self.delete(call)


@pytest.fixture
def with_cpes() -> Iterator[LocalOci]:
    local = LocalOci(Options(lifecycle_seconds=0.01, wired=False), (*SERVICES, Cpes))
    try:
        local.start()
        yield local
    finally:
        local.stop()


def test_a_service_is_added_by_registering_its_class(with_cpes: LocalOci) -> None:
    call, compartment = with_cpes.operator.call, with_cpes.compartment_id
    cpe = call("POST", "/20160918/cpes", {"compartmentId": compartment, "ipAddress": "192.0.2.1"})
    assert (cpe["lifecycleState"], cpe["ipAddress"]) == ("PROVISIONING", "192.0.2.1")
    with_cpes.journal.wait_for("event", type="com.oraclecloud.virtualnetwork.createcpe.end", resource=cpe["id"])
    assert call("GET", f"/20160918/cpes/{cpe['id']}")["lifecycleState"] == "AVAILABLE"
    assert [found["id"] for found in call("GET", "/20160918/cpes", compartmentId=compartment)] == [cpe["id"]]
    call("DELETE", f"/20160918/cpes/{cpe['id']}")
    with_cpes.journal.wait_for("event", type="com.oraclecloud.virtualnetwork.deletecpe.end", resource=cpe["id"])


def test_a_service_whose_operations_have_no_permissions_is_open_to_the_operator_alone(with_cpes: LocalOci) -> None:
    client = FunctionClient(with_cpes)
    assert client.status("GET", "/20160918/cpes", compartmentId=with_cpes.compartment_id) == 400
    assert client.refusal.message == (
        "No policy can allow this: ListCpes has no row in emulator/services/identity/required_permissions.py."
    )


def test_a_service_that_is_not_registered_is_named_with_the_place_where_it_belongs(cloud: World) -> None:
    with pytest.raises(LookupError, match=r"Cpes is not registered: it belongs into emulator/services/__init__\.py"):
        cloud.oci.service(Cpes)


def test_the_base_url_is_not_known_before_the_start() -> None:
    local = LocalOci(Options())
    local.stop()
    with pytest.raises(RuntimeError, match="before the local OCI is started"):
        _ = local.cloud.base_url


def imported_by(path: Path) -> set[str]:
    """What lies directly in the local OCI's package and is imported by this file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            package = path.parent.relative_to(PROJECT).parts
            above = package[: len(package) - node.level + 1] if node.level else ()
            names = [*above, *(node.module or "").split(".")]
            found |= set(names[1:2]) - {""} if names[0] == "emulator" else set()
            found |= {alias.name for alias in node.names} if names in (["emulator"], ["emulator", ""]) else set()
    return found


def test_core_knows_neither_the_door_nor_a_service_and_neither_of_these_the_other() -> None:
    forbidden = {"core": ("http", "services", "local_oci", "stack"), "http": ("services", "local_oci", "stack")}
    forbidden["services"] = ("http", "local_oci", "stack")
    assert imported_by(PROJECT / "emulator" / "core" / "cloud.py") == {"core", "options"}
    for folder, others in forbidden.items():
        for path in (PROJECT / "emulator" / folder).rglob("*.py"):
            assert not imported_by(path) & set(others), path


def test_every_service_class_is_registered_once() -> None:
    def below(kind: type[Service]) -> Iterator[type[Service]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    declared = {kind for kind in below(Service) if kind.__module__.startswith("emulator.")}
    bases = {base for kind in declared for base in kind.__mro__[1:]}
    assert declared - bases == set(SERVICES)
    assert len(SERVICES) == len(set(SERVICES))


REFUSED = {
    "an unknown operation": ({"operation": "CreateVolumBackup"}, "and not 'CreateVolumBackup'"),
    "no operation": ({"status": 503}, "a fault names an operation of the local OCI, or *, and not None"),
    "an unknown key": ({"operation": "*", "often": 1}, "a fault has no key 'often'; it has operation, region, times"),
    "times that are a text": ({"operation": "*", "times": "2"}, "times is a whole number, and not '2'"),
    "times that are a truth": ({"operation": "*", "times": True}, "times is a whole number, and not True"),
    "an operation that steers the local OCI": ({"operation": "ClearFaults"}, "and not 'ClearFaults'"),
    "no times": ({"operation": "*", "times": 0}, "times is 1 or more, and not 0"),
    "every of zero": ({"operation": "*", "every": 0}, "every is 1 or more, and not 0"),
    "a delay that is a text": ({"operation": "*", "delaySeconds": "1"}, "delaySeconds is a number, and not '1'"),
    "a status that is a text": ({"operation": "*", "status": "503"}, "status is a whole number, and not '503'"),
    "an unknown moment": ({"operation": "*", "close": "never"}, "close is one of before, after, within, and not"),
    "an unknown end": ({"operation": "*", "kill": "within"}, "kill is one of before, after, and not 'within'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_fault_that_could_never_happen_is_refused_with_a_sentence(cloud: World, case: str) -> None:
    fault, sentence = REFUSED[case]
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        cloud.oci.operator.call("POST", "/emulator/faults", fault)
    assert (caught.value.status, caught.value.code) == (400, "InvalidParameter")
    assert sentence in caught.value.message


def test_a_fault_of_every_operation_can_be_taken_back(cloud: World) -> None:
    cloud.oci.operator.call("POST", "/emulator/faults", {"operation": "*", "status": 503, "times": 1000})
    with pytest.raises(oci.exceptions.ServiceError):
        cloud.oci.operator.call("GET", "/20160918/volumes", compartmentId=cloud.oci.compartment_id)
    cloud.oci.operator.call("DELETE", "/emulator/faults")
    cloud.oci.operator.call("GET", "/20160918/volumes", compartmentId=cloud.oci.compartment_id)


def test_a_fault_is_refused_in_python_as_it_is_by_http(cloud: World) -> None:
    with pytest.raises(ValueError, match="and not 'CreateVolumBackup'"):
        cloud.oci.fault("CreateVolumBackup", status=503)


def test_a_permission_that_no_operation_needs_cannot_be_denied(cloud: World) -> None:
    with pytest.raises(ValueError, match=r"there is no permission 'manage volume-backup' .*one of .* volume-backups"):
        cloud.oci.deny("manage volume-backup")
    with pytest.raises(ValueError, match="there is no permission 'manage everything'"):
        LocalOci(Options(denied=("manage everything",)))


def test_a_reset_takes_back_faults_denials_and_what_became_of_the_principal() -> None:
    with world(denied=("manage boot-volume-backups",)) as cloud:
        volume = cloud.volume()
        cloud.invoke_one({"volumeId": volume})
        cloud.oci.configure(BACKUP_TAG="kept")
        cloud.oci.fault("*", times=100, status=503)
        cloud.oci.deny("manage volume-backups")
        cloud.oci.run(cloud.oci.principal.rotate)
        cloud.oci.run(cloud.oci.principal.expire)
        cloud.oci.reset()
        cloud.forget()
        assert cloud.invoke_one({"volumeId": volume, "displayName": "again"})["outcome"] == "accepted"
        assert {entry.details["status"] for entry in cloud.requests()} == {200, 202}
        assert cloud.oci.config["BACKUP_TAG"] == "kept"
        _, answer = cloud.invoke({"volumeId": cloud.boot_volume()})
        assert "manage boot-volume-backups" in answer["results"][0]["error"]["hint"]


def test_an_answer_that_is_a_text_is_returned_as_a_text(tmp_path: Path) -> None:
    (tmp_path / "func.py").write_text("def handler(ctx, data):\n    return 'Hello, ' + data.getvalue().decode()\n")
    with world(image=Image(tmp_path / "func.py")) as cloud:
        assert cloud.invoke("World") == (200, "Hello, World")


@pytest.mark.parametrize(("method", "path"), [("GET", "/20160918/nothing"), ("PUT", "/20160918/volumes")])
def test_an_operation_that_is_not_served_is_not_a_resource_that_is_gone(cloud: World, method: str, path: str) -> None:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        cloud.oci.operator.call(method, path, {} if method == "PUT" else None)
    assert (caught.value.status, caught.value.code) == (400, "NotImplemented")
    assert caught.value.message == f"{method} {path} is not an operation of the local OCI."


def test_paths_are_taken_with_a_slash_at_their_end(cloud: World) -> None:
    volume, compartment = cloud.volume(), cloud.oci.compartment_id
    assert cloud.oci.operator.call("GET", f"/20160918/volumes/{volume}/")["id"] == volume
    assert cloud.oci.operator.call("GET", "/20160918/volumes/", compartmentId=compartment)


def test_a_deleted_topic_takes_its_subscriptions_with_it(cloud: World, tmp_path: Path) -> None:
    call, compartment = cloud.oci.operator.call, {"compartmentId": cloud.oci.compartment_id}
    topics = [call("POST", "/20181201/topics", {**compartment, "name": name})["topicId"] for name in ("gone", "kept")]
    subscriptions = [
        call(
            "POST",
            "/20181201/subscriptions",
            {**compartment, "topicId": topic, "protocol": "FILE", "endpoint": (tmp_path / "inbox").as_uri()},
        )["id"]
        for topic in topics
    ]
    call("DELETE", f"/20181201/topics/{topics[0]}")
    with pytest.raises(oci.exceptions.ServiceError, match="NotAuthorizedOrNotFound"):
        call("GET", f"/20181201/subscriptions/{subscriptions[0]}")
    assert call("GET", f"/20181201/subscriptions/{subscriptions[1]}")["topicId"] == topics[1]


def test_events_and_results_for_what_is_gone_are_discarded_and_disturb_nobody() -> None:
    gone = "ocid1.onstopic.oc1.iad.aaaagone"
    with world() as cloud:
        call, compartment = cloud.oci.operator.call, {"compartmentId": cloud.oci.compartment_id}
        actions = [{"actionType": "ONS", "isEnabled": True, "topicId": gone}]
        rule = {"displayName": "r", "isEnabled": True, "condition": "{}", "actions": {"actions": actions}}
        call("POST", "/20181201/rules", {**compartment, **rule})
        cloud.volume()
        assert cloud.oci.journal.wait_for("discarded")[0].line == f"an event to {gone}, which is gone"
        function_id = cloud.oci.function["id"]
        destination = {"successDestination": {"kind": "NOTIFICATION", "topicId": gone}}
        call("PUT", f"/20181201/functions/{function_id}", destination)
        subscription = {"topicId": cloud.oci.alarm_topic["id"], "protocol": "ORACLE_FUNCTIONS", "endpoint": function_id}
        call("POST", "/20181201/subscriptions", {**compartment, **subscription})
        message = {"title": "t", "body": json.dumps({"volumeId": "ocid1.volume.oc1.iad.a", "dryRun": True})}
        call("POST", f"/20181201/topics/{cloud.oci.alarm_topic['id']}/messages", message)
        line = f"a result to {gone}, which is gone"
        assert cloud.oci.journal.wait_until(lambda entries: any(entry.line == line for entry in entries))


def test_what_a_service_keeps_is_looked_at_on_the_local_ocis_thread(cloud: World) -> None:
    volume = cloud.volume()
    kept = cloud.oci.run(lambda: dict(cloud.oci.service(Volumes).collection.get(volume)))
    assert kept["lifecycleState"] == "AVAILABLE"


def test_every_function_has_its_own_configuration_containers_and_principal(tmp_path: Path) -> None:
    shown = "[os.environ[name] for name in ('FN_FN_NAME', 'GREETING', 'OCI_RESOURCE_PRINCIPAL_RPST')]"
    (tmp_path / "func.py").write_text(
        f"import json, os\nfrom fdk.response import Response\n\n\n"
        f"def handler(ctx, data):\n    return Response(ctx, json.dumps({shown}))\n"
    )
    with world(image=Image(tmp_path / "func.py"), config={"GREETING": "hello"}) as cloud:
        local, first = cloud.oci, cloud.oci.function
        details = {key: first[key] for key in ("applicationId", "image", "memoryInMBs")}
        other = {**details, "displayName": "other", "config": {"GREETING": "good evening"}}
        second = local.run(lambda: local.service(Functions).add(other))
        answers = [
            local.operator.call("POST", f"/20181201/functions/{function['id']}/actions/invoke", {})
            for function in (first, second)
        ]
        assert [answer[:2] for answer in answers] == [["create-volume-backup", "hello"], ["other", "good evening"]]
        assert [second["id"] in answer[2] for answer in answers] == [False, True]
        deployments = [local.service(Functions).deployment(function["id"]) for function in (first, second)]
        assert [len(deployment.pool.containers) for deployment in deployments] == [1, 1]
        invoked = [entry.details["function"] for entry in local.journal.entries("invocation")]
        assert invoked == [first["id"], second["id"]]
