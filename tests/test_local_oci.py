"""The local OCI by itself, driven by the real clients: the SDK, the ``oci`` command and the Fn API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator import Image, ServiceError
from emulator.options import PROJECT
from emulator.services.functions.invocations import MAX_BODY_BYTES
from tests.world import World, payload, world


@pytest.fixture
def blockstorage(cloud: World) -> Any:
    """The SDK's typed client, with the operator's API key."""
    config = oci.config.from_file(str(cloud.oci.config_file))
    return oci.core.BlockstorageClient(config, service_endpoint=f"{cloud.oci.base_url}/20160918")


def test_the_lifecycle_of_a_backup_is_the_real_one(cloud: World, blockstorage: Any) -> None:
    details = oci.core.models.CreateVolumeBackupDetails(volume_id=cloud.volume(), display_name="by hand")
    created = blockstorage.create_volume_backup(details)
    assert created.data.lifecycle_state == "REQUEST_RECEIVED"
    assert created.data.time_created is None
    assert created.headers["etag"]
    assert created.headers["opc-request-id"]
    got = blockstorage.get_volume_backup(created.data.id)
    waited = oci.wait_until(blockstorage, got, "lifecycle_state", "AVAILABLE", max_interval_seconds=0)
    assert waited.data.time_created is not None
    assert waited.data.unique_size_in_mbs == 1
    blockstorage.delete_volume_backup(created.data.id)
    state = blockstorage.get_volume_backup(created.data.id).data.lifecycle_state
    assert state in {"TERMINATING", "TERMINATED"}


def test_answers_have_the_fields_and_spellings_that_oci_recorded(cloud: World) -> None:
    volume, boot_volume = cloud.volume(), cloud.boot_volume()
    backup = cloud.oci.operator.call("POST", "/20160918/volumeBackups", {"volumeId": volume})
    assert backup.keys() >= {
        *("compartmentId", "definedTags", "displayName", "expirationTime", "freeformTags", "id", "lifecycleState"),
        *("sizeInGBs", "sizeInMBs", "sourceType", "sourceVolumeBackupId", "timeCreated", "timeRequestReceived", "type"),
        *("uniqueSizeInGBs", "uniqueSizeInMbs", "volumeId"),
    }
    boot = cloud.oci.operator.call("POST", "/20160918/bootVolumeBackups", {"bootVolumeId": boot_volume})
    assert boot.keys() >= {"bootVolumeId", "imageId", "sourceBootVolumeBackupId", "uniqueSizeInGBs", "sizeInGBs"}
    group = cloud.volume_group(cloud.volume(), cloud.boot_volume())
    grouped = cloud.oci.operator.call("POST", "/20160918/volumeGroupBackups", {"volumeGroupId": group})
    assert grouped.keys() >= {"volumeGroupId", "volumeBackupIds", "uniqueSizeInGbs", "uniqueSizeInMbs", "sizeInMBs"}
    assert (grouped["lifecycleState"], len(grouped["volumeBackupIds"])) == ("CREATING", 2)


def test_lists_come_in_pages_filtered_and_sorted(cloud: World, blockstorage: Any) -> None:
    compartment = "ocid1.compartment.oc1..aaaalist"
    for number in (2, 1, 3, 5, 4):
        cloud.volume(compartmentId=compartment, displayName=f"list-{number}")
    found = oci.pagination.list_call_get_all_results(
        blockstorage.list_volumes, compartment_id=compartment, sort_by="DISPLAYNAME", limit=2
    )
    assert [volume.display_name for volume in found.data] == [f"list-{number}" for number in range(1, 6)]
    [oldest] = blockstorage.list_volumes(compartment_id=compartment, limit=1).data
    [newest] = blockstorage.list_volumes(compartment_id=compartment, limit=1, sort_by="TIMECREATED").data
    assert (oldest.display_name, newest.display_name) == ("list-2", "list-4")
    assert blockstorage.list_volumes(compartment_id=compartment, display_name="list-3").data[0].display_name == "list-3"
    assert blockstorage.list_volumes(compartment_id=compartment, lifecycle_state="TERMINATED").data == []


def refusal(call: Any, *arguments: Any, **options: Any) -> tuple[int, str]:
    with pytest.raises(oci.exceptions.ServiceError) as caught:
        call(*arguments, **options)
    assert caught.value.request_id
    return caught.value.status, caught.value.code


def test_errors_have_oracles_codes(cloud: World, blockstorage: Any) -> None:
    volume = cloud.volume()
    models = oci.core.models
    create = blockstorage.create_volume_backup
    assert refusal(blockstorage.get_volume, "o") == (400, "InvalidParameter")
    assert refusal(blockstorage.get_volume, "ocid1.volume.oc1.iad.gone") == (404, "NotAuthorizedOrNotFound")
    assert refusal(create, models.CreateVolumeBackupDetails()) == (400, "MissingParameter")
    unnamed = models.CreateVolumeBackupDetails(volume_id=volume, display_name="")
    assert refusal(create, unnamed) == (400, "InvalidParameter")
    stale = models.UpdateVolumeDetails(display_name="x")
    assert refusal(blockstorage.update_volume, volume, stale, if_match="stale") == (412, "NoEtagMatch")
    etag = blockstorage.get_volume(volume).headers["etag"]
    assert blockstorage.update_volume(volume, stale, if_match=etag).headers["etag"] != etag
    cloud.oci.operator.call("DELETE", f"/20160918/volumes/{volume}")
    assert refusal(create, models.CreateVolumeBackupDetails(volume_id=volume))[0] in {404, 409}
    operator = cloud.oci.operator.call
    assert refusal(operator, "GET", "/20160918/volumes") == (400, "MissingParameter")
    assert refusal(operator, "POST", "/20160918/volumes", "[") == (400, "CannotParseRequest")
    assert refusal(operator, "POST", "/20160918/volumes", {"size": 1}) == (400, "InvalidParameter")
    assert refusal(operator, "GET", "/20160918/nothing") == (400, "NotImplemented")
    assert refusal(operator, "GET", "/20160918/volumes", compartmentId="x", limit="0") == (400, "InvalidParameter")
    assert refusal(operator, "GET", "/20160918/volumes", compartmentId="x", page="x") == (400, "InvalidParameter")


def test_a_retry_token_is_remembered_and_invalidated_by_a_deletion(cloud: World, blockstorage: Any) -> None:
    details = oci.core.models.CreateVolumeBackupDetails(volume_id=cloud.volume())
    create, token = blockstorage.create_volume_backup, f"token-{details.volume_id[-8:]}"
    first = create(details, opc_retry_token=token).data
    assert create(details, opc_retry_token=token).data.id == first.id
    other = oci.core.models.CreateVolumeBackupDetails(volume_id=details.volume_id, display_name="another")
    assert refusal(create, other, opc_retry_token=token) == (400, "InvalidParameter")
    assert refusal(create, other, opc_retry_token="x" * 65) == (400, "InvalidParameter")
    blockstorage.delete_volume_backup(first.id)
    assert refusal(create, details, opc_retry_token=token) == (409, "InvalidatedRetryToken")


def test_one_backup_of_a_volume_at_a_time() -> None:
    with world() as cloud:
        volume = cloud.volume()
        request = ("POST", "/20160918/volumeBackups", {"volumeId": volume})
        with cloud.held():
            cloud.oci.operator.call(*request)
            assert refusal(cloud.oci.operator.call, *request) == (409, "Conflict")


class Tampering(oci.Signer):  # type: ignore[misc]  # the SDK is untyped
    """Signs as the SDK does, then changes what was signed."""

    def __init__(self, signer: Any, headers: dict[str, str]) -> None:
        self._signer = signer
        self._headers = headers

    def __call__(self, request: Any, enforce_content_headers: bool = True) -> Any:  # noqa: FBT001, FBT002
        request = self._signer(request, enforce_content_headers)
        for name, value in self._headers.items():
            signed = request.headers["authorization"]
            request.headers[name] = signed.replace(*value.split("→")) if "→" in value else value
        return request


@pytest.mark.parametrize(
    "headers",
    [
        {"date": "Mon, 01 Jan 2024 00:00:00 GMT"},
        {"date": "yesterday"},
        {"x-content-sha256": "AAAA"},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": ""},
        {"authorization": 'signature="→signature="AAAA'},
        {"authorization": 'signature="→signature="*'},
        {"authorization": "(request-target) → "},
        {"authorization": " content-length content-type x-content-sha256→"},
        {"authorization": "rsa-sha256→hmac-sha256"},
        {"authorization": 'keyId="→keyId="x'},
        {"authorization": 'headers="→headers="x-missing '},
    ],
    ids=str,
)
def test_a_request_that_is_not_signed_as_it_must_be_is_refused(cloud: World, headers: dict[str, str]) -> None:
    config = oci.config.from_file(str(cloud.oci.config_file))
    signer = Tampering(oci.Signer.from_config(config), headers)
    client = oci.core.BlockstorageClient(config, signer=signer, service_endpoint=f"{cloud.oci.base_url}/20160918")
    details = oci.core.models.CreateVolumeDetails(compartment_id=cloud.oci.compartment_id, availability_domain="AD-1")
    assert refusal(client.create_volume, details) == (401, "NotAuthenticated")


def test_a_topic_takes_so_many_messages_a_minute_of_so_many_bytes() -> None:
    with world(publishes_per_minute=2) as cloud:
        path = f"/20181201/topics/{cloud.oci.result_topic['id']}/messages"
        large = {"title": "x", "body": "x" * 64 * 1024}
        assert refusal(cloud.oci.operator.call, "POST", path, large) == (413, "RequestEntityTooLarge")
        assert refusal(cloud.oci.operator.call, "POST", path, {"title": "x"}) == (400, "MissingParameter")
        for _ in range(2):
            assert cloud.oci.operator.call("POST", path, {"title": "x", "body": "y"})["messageId"]
        assert refusal(cloud.oci.operator.call, "POST", path, {"body": "y"}) == (429, "TooManyRequests")


def test_faults_can_be_scripted_by_http_and_forgotten(cloud: World) -> None:
    operator = cloud.oci.operator.call
    operator("POST", "/emulator/faults", {"operation": "ListVolumes", "times": 2, "after": 1, "status": 503})
    query = {"compartmentId": cloud.oci.compartment_id}
    operator("GET", "/20160918/volumes", **query)
    assert refusal(operator, "GET", "/20160918/volumes", **query)[0] == 503
    operator("DELETE", "/emulator/faults")
    operator("GET", "/20160918/volumes", **query)
    assert refusal(operator, "POST", "/emulator/faults", {"operation": "x", "often": 1})[0] == 400
    assert refusal(operator, "POST", "/emulator/faults", {"operation": "x", "close": "never"})[0] == 400


def test_rules_hand_matching_events_to_functions_and_topics() -> None:
    with world() as cloud:
        oci_ = cloud.oci
        actions = [
            {"actionType": "FAAS", "isEnabled": True, "functionId": oci_.function["id"]},
            {"actionType": "ONS", "isEnabled": True, "topicId": oci_.alarm_topic["id"]},
        ]
        tagged = {"freeformTags": {"team": ["dba", "ops"]}}
        condition = {"eventType": ["com.oraclecloud.blockvolumes.update*"], "data": tagged}
        rule = {
            "displayName": "tags",
            "isEnabled": True,
            "compartmentId": oci_.compartment_id,
            "condition": json.dumps(condition),
            "actions": {"actions": actions},
        }
        made_rule = oci_.operator.call("POST", "/20181201/rules", rule)
        volume, other = cloud.volume(), cloud.volume()
        tags = {"team": "dba", "backup": "now"}
        oci_.operator.call("PUT", f"/20160918/volumes/{volume}", {"freeformTags": tags})
        oci_.operator.call("PUT", f"/20160918/volumes/{other}", {"freeformTags": {"backup": "now"}})
        oci_.journal.wait_for("invocation", status=200)
        [told] = oci_.journal.wait_for("message", topic="backup-alarms")
        assert json.loads(told.details["body"])["data"]["resourceId"] == volume
        assert (len(cloud.backups_of(volume)), len(cloud.backups_of(other))) == (1, 0)
        path = f"/20181201/rules/{made_rule['id']}"
        assert oci_.operator.call("PUT", path, {"isEnabled": False, "condition": "{}"})["isEnabled"] is False
        assert "actions" not in oci_.operator.call("GET", "/20181201/rules", compartmentId=oci_.compartment_id)[0]
        assert refusal(oci_.operator.call, "PUT", path, {"condition": "{"}) == (400, "InvalidParameter")
        oci_.operator.call("DELETE", path)
        assert refusal(oci_.operator.call, "GET", path) == (404, "NotAuthorizedOrNotFound")


def test_an_event_is_delivered_again_while_the_function_says_that_it_failed() -> None:
    with world(wired=True, event_retry_seconds=0.01) as cloud:
        cloud.oci.fault("CreateVolumeBackup", status=503, headers={"Retry-After": "3600"})
        volume = cloud.volume()
        cloud.oci.operator.call("PUT", f"/20160918/volumes/{volume}", {"freeformTags": {"backup": "now"}})
        cloud.oci.journal.wait_for("invocation", status=502)
        cloud.wait_for_event_told_of("volumebackup.accepted", volume)
        told = [event["type"] for event in cloud.events()]
        assert told.index("volumebackup.failed") < told.index("volumebackup.accepted")
        assert len(cloud.backups_of(volume)) == 1


def test_topics_deliver_to_files_and_http_endpoints_and_try_again(tmp_path: Path) -> None:
    with world(retry_minute_seconds=0.01) as cloud:
        common = {"compartmentId": cloud.oci.compartment_id, "topicId": cloud.oci.alarm_topic["id"]}
        inbox = tmp_path / "inbox"
        subscribe, path = cloud.oci.operator.call, "/20181201/subscriptions"
        subscribe("POST", path, {**common, "protocol": "FILE", "endpoint": inbox.as_uri()})
        web = subscribe("POST", path, {**common, "protocol": "CUSTOM_HTTPS", "endpoint": "http://127.0.0.1:1/"})
        cloud.oci.operator.call("POST", f"/emulator/subscriptions/{web['id']}/confirm")
        assert refusal(subscribe, "POST", path, {**common, "protocol": "PIGEON", "endpoint": "x"})[0] == 400
        cloud.oci.operator.call("POST", f"/20181201/topics/{common['topicId']}/messages", {"title": "t", "body": "b"})
        cloud.oci.journal.wait_for("discarded")
        assert json.loads(inbox.read_text()) == {"title": "t", "body": "b"}
        assert len(subscribe("GET", path, **common)) == 2
        subscribe("DELETE", f"{path}/{web['id']}")
        assert len(subscribe("GET", path, **common)) == 1


def test_functions_are_limited_as_the_platform_limits_them() -> None:
    with world(max_containers=1) as cloud, pytest.raises(ServiceError) as caught:
        cloud.invoke(b"x" * (MAX_BODY_BYTES + 1))
    assert (caught.value.status, caught.value.code) == (413, "FunctionInvokeRequestContentTooLarge")


def test_a_function_that_takes_too_long_is_ended_with_504_and_started_anew() -> None:
    with world(overtime_seconds=0.0) as cloud:
        cloud.oci.wait(cloud.oci.pool.warm())
        with pytest.raises(ServiceError) as caught:
            cloud.invoke({"volumeId": cloud.volume()}, seconds="0.01")
        assert caught.value.status == 504
        assert cloud.invoke_one({"volumeId": cloud.volume()})["outcome"] == "accepted"


def test_a_function_that_dies_is_answered_502_and_started_anew() -> None:
    with world() as cloud:
        container = cloud.oci.wait(cloud.oci.pool.warm())
        cloud.oci.wait(cloud.oci.pool.kill())
        assert cloud.invoke_one({"volumeId": cloud.volume()})["outcome"] == "accepted"
        assert not container.alive


def call_fn(cloud: World, path: str, body: bytes | None = None, method: str | None = None) -> Any:
    request = urllib.request.Request(f"{cloud.oci.base_url}{path}", data=body, method=method)
    request.add_header("Content-Type", "text/plain")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def test_the_fn_cli_finds_inspects_configures_and_invokes_the_function() -> None:
    with world() as cloud:
        [app] = call_fn(cloud, "/v2/apps?name=volume-backups")["items"]
        assert call_fn(cloud, "/v2/apps?name=other")["items"] == []
        [found] = call_fn(cloud, f"/v2/fns?app_id={app['id']}&name=create-volume-backup")["items"]
        assert call_fn(cloud, "/v2/fns?app_id=other")["items"] == []
        assert found["app_id"] == app["id"]
        assert call_fn(cloud, f"/v2/apps/{app['id']}")["name"] == "volume-backups"
        assert call_fn(cloud, f"/v2/fns/{found['id']}")["name"] == "create-volume-backup"
        endpoint = found["annotations"]["fnproject.io/fn/invokeEndpoint"].removeprefix(cloud.oci.base_url)
        body = payload("request_minimal.json", volume=cloud.volume()).encode()
        assert call_fn(cloud, endpoint, body)["outcome"] == "accepted"
        changed = json.dumps({"config": {"DRY_RUN": "true"}, "timeout": 60}).encode()
        assert call_fn(cloud, f"/v2/fns/{found['id']}", changed, "PUT")["config"]["DRY_RUN"] == "true"
        assert call_fn(cloud, endpoint, body)["outcome"] == "planned"
        with pytest.raises(urllib.error.HTTPError, match="404"):
            call_fn(cloud, "/v2/fns/other")


def resources(cloud: World) -> dict[str, tuple[str, dict[str, Any], dict[str, Any] | None]]:
    """Per resource: its path, what it is created with, and what is changed of it."""
    common = {"compartmentId": cloud.oci.compartment_id, "displayName": "first"}
    renamed = {"displayName": "second", "freeformTags": {"a": "b"}}
    volume, boot_volume = cloud.volume(), cloud.boot_volume()
    group = cloud.volume_group(cloud.volume())
    source = {"type": "volumeIds", "volumeIds": [cloud.volume()]}
    return {
        "volume": ("20160918/volumes", {**common, "availabilityDomain": "AD-1"}, renamed),
        "boot volume": (
            "20160918/bootVolumes",
            {**common, "sourceDetails": {"type": "bootVolume", "id": boot_volume}},
            renamed,
        ),
        "group": ("20160918/volumeGroups", {**common, "availabilityDomain": "AD-1", "sourceDetails": source}, renamed),
        "backup": ("20160918/volumeBackups", {"volumeId": volume}, renamed),
        "boot backup": ("20160918/bootVolumeBackups", {"bootVolumeId": boot_volume}, renamed),
        "group backup": ("20160918/volumeGroupBackups", {"volumeGroupId": group}, renamed),
        "instance": (
            "20160918/instances",
            {**common, "availabilityDomain": "AD-1", "shape": "VM.Standard.E4.Flex"},
            None,
        ),
        "attachment": (
            "20160918/volumeAttachments",
            {"instanceId": cloud.instance(), "volumeId": volume, "type": "iscsi"},
            None,
        ),
        "topic": ("20181201/topics", {"compartmentId": cloud.oci.compartment_id, "name": "first"}, None),
        "alarm": (
            "20180401/alarms",
            {
                **common,
                "metricCompartmentId": cloud.oci.compartment_id,
                "namespace": "oci_blockstore",
                "query": "x > 1",
                "severity": "CRITICAL",
                "destinations": [cloud.oci.alarm_topic["id"]],
                "isEnabled": True,
            },
            None,
        ),
    }


def test_every_resource_can_be_made_read_listed_changed_and_deleted(cloud: World) -> None:
    operator = cloud.oci.operator.call
    for name, (path, details, change) in resources(cloud).items():
        document = operator("POST", f"/{path}", details)
        key = "topicId" if name == "topic" else "id"
        one = f"/{path}/{document[key]}"
        assert operator("GET", one)[key] == document[key], name
        query = {"compartmentId": cloud.oci.compartment_id, "limit": 1000}
        assert document[key] in {item[key] for item in everything(operator, f"/{path}", query)}, name
        if change:
            cloud.oci.journal.wait_for("event", resource=document["id"], type=ended(document["id"]))
            assert operator("PUT", one, change).items() >= change.items(), name
        operator("DELETE", one)
        for missing in details.keys() & {"compartmentId", "shape", "volumeId", "sourceDetails", "severity", "name"}:
            without = {key: value for key, value in details.items() if key != missing}
            assert refusal(operator, "POST", f"/{path}", without) == (400, "MissingParameter"), name


def everything(operator: Any, path: str, query: dict[str, Any]) -> list[Any]:
    """All pages of a list; the shared local OCI has short ones."""
    found: list[Any] = []
    while True:
        page = operator("GET", path, **query, page=str(len(found)))
        found += page
        if len(page) < 3:
            return found


def ended(ocid: str) -> str:
    return f"com.oraclecloud.blockvolumes.create{ocid.split('.')[1]}.end"


@pytest.mark.parametrize(
    ("path", "details"),
    [
        ("volumeBackups", {"volumeId": "ocid1.bootvolume.oc1.iad.a"}),
        ("volumeBackups", {"volumeId": "ocid1.volume.oc1.iad.a", "type": "HALF"}),
        ("volumes", {"compartmentId": "c", "freeformTags": {str(number): "" for number in range(11)}}),
        ("volumes", {"compartmentId": "c", "definedTags": {"n": {str(number): "" for number in range(65)}}}),
        ("volumeGroups", {"compartmentId": "c", "availabilityDomain": "a", "sourceDetails": {"volumeIds": ["x"]}}),
    ],
)
def test_wrong_details_are_refused(cloud: World, path: str, details: dict[str, Any]) -> None:
    if "type" in details:
        details = {**details, "volumeId": cloud.volume()}
    assert refusal(cloud.oci.operator.call, "POST", f"/20160918/{path}", details)[0] == 400


def test_a_message_type_that_does_not_exist_is_refused(cloud: World) -> None:
    client = oci.ons.NotificationDataPlaneClient(
        oci.config.from_file(str(cloud.oci.config_file)), service_endpoint=f"{cloud.oci.base_url}/20181201"
    )
    details = oci.ons.models.MessageDetails(title="t", body="b")
    topic = cloud.oci.alarm_topic["id"]
    assert client.publish_message(topic, details, message_type="JSON").data.message_id
    assert refusal(client.publish_message, topic, details, message_type="X") == (400, "InvalidParameter")
    assert refusal(client.publish_message, "ocid1.onstopic.oc1.iad.a", details)[0] == 404


def test_functions_are_found_changed_and_invoked_by_their_api() -> None:
    with world() as cloud:
        operator, version = cloud.oci.operator.call, "/20260325"
        [app] = operator("GET", f"{version}/applications", compartmentId=cloud.oci.compartment_id)
        assert operator("GET", f"{version}/applications/{app['id']}")["displayName"] == "volume-backups"
        [function] = operator("GET", "/20181201/functions", applicationId=app["id"])
        path = f"{version}/functions/{function['id']}"
        config = {**operator("GET", path)["config"], "DRY_RUN": "true"}
        operator("PUT", path, {"config": config, "timeoutInSeconds": 60})
        assert operator("GET", path)["timeoutInSeconds"] == 60
        body = {"volumeId": cloud.volume()}
        assert operator("POST", f"{path}/actions/invoke", body)["outcome"] == "planned"
        client = oci.functions.FunctionsInvokeClient(
            oci.config.from_file(str(cloud.oci.config_file)), service_endpoint=f"{cloud.oci.base_url}{version}"
        )
        detached = client.invoke_function(
            function["id"], invoke_function_body=json.dumps(body), fn_invoke_type="detached", fn_intent="httprequest"
        )
        assert detached.status == 202
        cloud.oci.journal.wait_for("invocation", count=2)


def test_an_invocation_beyond_the_last_container_is_refused() -> None:
    with world(max_containers=0) as cloud, pytest.raises(ServiceError) as caught:
        cloud.invoke(b"")
    assert caught.value.status == 429


def test_a_function_that_cannot_start_is_answered_502(tmp_path: Path) -> None:
    image = Image(PROJECT / "func.py", fdk=tmp_path / "missing")
    with world(image=image) as cloud, pytest.raises(ServiceError) as caught:
        cloud.invoke(b"")
    assert (caught.value.status, caught.value.code) == (502, "FunctionInvokeContainerInitFail")


def test_an_answer_beyond_six_megabytes_is_answered_502(tmp_path: Path) -> None:
    (tmp_path / "func.py").write_text("def handler(ctx, data):\n    return 'x' * 7_000_000\n")
    with world(image=Image(tmp_path / "func.py")) as cloud, pytest.raises(ServiceError) as caught:
        cloud.invoke(b"")
    assert (caught.value.status, caught.value.code) == (502, "FunctionInvokeResponseBodyTooLarge")


def test_waiting_for_what_does_not_happen_tells_what_did(cloud: World) -> None:
    with pytest.raises(TimeoutError, match="no 1 x earthquake"):
        cloud.oci.journal.wait_for("earthquake", seconds=0.01)


def test_an_alarm_comes_grouped_or_split_and_is_pretty_on_request(cloud: World) -> None:
    operator = cloud.oci.operator.call
    path, details, _ = resources(cloud)["alarm"]
    alarm = operator("POST", f"/{path}", {**details, "messageFormat": "PRETTY_JSON"})
    dimensions = [{"resourceId": "a"}, {"resourceId": "b"}]
    fire = f"/emulator/alarms/{alarm['id']}/fire"
    assert len(operator("POST", fire, {"dimensions": dimensions})) == 1
    assert len(operator("POST", fire, {"dimensions": dimensions, "split": True, "type": "FIRING_TO_OK"})) == 2
    told = cloud.oci.journal.entries("message", topic="backup-alarms")[-3:]
    grouped, first, second = (json.loads(entry.details["body"]) for entry in told)
    assert (grouped["alarmMetaData"][0]["totalMetricsFiring"], grouped["version"]) == (2, 1.5)
    assert first["dedupeKey"] != second["dedupeKey"] != grouped["dedupeKey"]
    assert first["alarmMetaData"][0]["status"] == "OK"
    operator("POST", "/emulator/principal/rotate")
    gone = operator("POST", f"/{path}", {**details, "destinations": ["ocid1.onstopic.oc1.iad.gone"]})
    assert refusal(operator, "POST", f"/emulator/alarms/{gone['id']}/fire", {"dimensions": dimensions})[0] == 400


def test_events_may_come_more_than_once_and_in_any_order() -> None:
    with world(wired=True, event_copies=3, event_shuffle_seconds=0.2) as cloud:
        volumes = [cloud.volume(freeformTags={"backup": "now"}) for _ in range(3)]
        for volume in volumes:
            cloud.wait_for_backup_of(volume)
        cloud.oci.journal.wait_for("invocation", status=200, count=9)
        assert all(len(cloud.backups_of(volume)) == 1 for volume in volumes)


def test_a_detached_invocation_tells_the_destination_of_its_outcome() -> None:
    with world(wired=True) as cloud:
        function = cloud.oci.function["id"]
        destination = {"kind": "NOTIFICATION", "topicId": cloud.oci.result_topic["id"]}
        change = {"failureDestination": destination, "successDestination": {"kind": "NONE"}}
        cloud.oci.operator.call("PUT", f"/20260325/functions/{function}", change)
        cloud.oci.configure(TOPIC_ID=None)
        path = f"/20181201/topics/{cloud.oci.alarm_topic['id']}/messages"
        cloud.oci.operator.call("POST", path, {"title": "t", "body": '{"not": "a trigger"}'})
        [told] = cloud.oci.journal.wait_for("message", topic="backup-results")
        assert told.details["title"] == "create-volume-backup 502"
        result = json.loads(told.details["body"])
        assert (result["status"], result["request"]) == (502, '{"not": "a trigger"}')
        assert "TOPIC_ID" in result["response"]
