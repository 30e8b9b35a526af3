"""Direct requests: what a person, a script or a schedule sends."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.conftest import Configure
from tests.parsing import parse_results
from tests.world import World, payload

VOLUME = "ocid1.volume.oc1.iad.aaaavolume"

UNUSABLE: dict[str, tuple[bytes | str | Any, str]] = {
    "an empty body": (b"", "the body is empty"),
    "white space": (b" \n", "the body is empty"),
    "a text": ("back up, please", "the body is not JSON"),
    "bytes that are no text": (b"\xff\xfe\x00", "the body is not JSON"),
    "half a document": ('{"volumeId": "ocid1', "the body is not JSON"),
    "a number that is none": ('{"volumeId": NaN}', "the body is not JSON"),
    "a lone surrogate": ('{"volumeId": "\\ud800"}', "the body is not JSON"),
    "an array 5,000 deep": ("[" * 5000 + "]" * 5000, "the body is not JSON"),
    "an object of no known kind": ({"hello": "world"}, "matches none of the accepted kinds"),
    "a number": ("42", "matches none of the accepted kinds"),
    "null": ("null", "matches none of the accepted kinds"),
    "no volume": ({"displayName": "x"}, "volumeId: Field required"),
    "a number for a volume": ({"volumeId": 5}, "volumeId: Input should be a valid string"),
    "a number for a name": ({"volumeId": VOLUME, "displayName": 5}, "displayName: Input should be a valid string"),
    "a text for a flag": ({"volumeId": VOLUME, "isRetentionLockEnabled": "yes"}, "isRetentionLockEnabled: "),
    "an unknown field": ({"volumeId": VOLUME, "compartmentId": "x"}, "compartmentId: unknown field"),
    "a Python spelling": ({"volumeId": VOLUME, "display_name": "x"}, "display_name: unknown field"),
    "two mistakes": (
        {"volumeId": VOLUME, "type": "full", "name": 1},
        "type: Input should be 'FULL' or 'INCREMENTAL'; name",
    ),
    "no OCID": ({"volumeId": "db-data-1"}, "volumeId: not an OCID"),
    "a path for an OCID": ({"volumeId": "ocid1.volume.oc1.iad.a/../../x"}, "volumeId: not an OCID"),
    "the OCID of a bucket": ({"volumeId": "ocid1.bucket.oc1.iad.a"}, "volumeId: the OCID of a bucket, expected"),
    "the OCID of a backup": ({"volumeId": "ocid1.volumebackup.oc1.iad.a"}, "volumeId: the OCID of a volumebackup"),
    "an empty name": ({"volumeId": VOLUME, "displayName": ""}, "displayName: String should have at least 1 character"),
    "a name too long": ({"volumeId": VOLUME, "displayName": "x" * 256}, "displayName: String should have at most 255"),
    "too many tags": (
        {"volumeId": VOLUME, "freeformTags": {f"k{n}": "v" for n in range(11)}},
        "freeformTags: Dictionary should have at most 10 items",
    ),
    "too many defined tags": (
        {"volumeId": VOLUME, "definedTags": {"ns": {f"k{n}": "v" for n in range(65)}}},
        "definedTags: more than 64 tags",
    ),
    "more than 5 KB of tags": (
        {"volumeId": VOLUME, "definedTags": {"ns": {f"k{n}": "é" * 256 for n in range(10)}}},
        "more than 5120 bytes",
    ),
    "a tag value too long": ({"volumeId": VOLUME, "freeformTags": {"k": "v" * 257}}, "freeformTags.k: String should"),
    "a tag key with a space": ({"volumeId": VOLUME, "freeformTags": {"a b": "v"}}, "String should match pattern"),
    "a tag key with a period": ({"volumeId": VOLUME, "freeformTags": {"a.b": "v"}}, "String should match pattern"),
    "tag keys that differ in case": (
        {"volumeId": VOLUME, "freeformTags": {"a": "1", "A": "2"}},
        "two keys differ only",
    ),
    "a retention in weeks": (
        {"volumeId": VOLUME, "retentionPeriod": {"retentionTimeUnit": "WEEKS", "retentionTimeAmount": 1}},
        "retentionPeriod.retentionTimeUnit: Input should be 'DAYS' or 'YEARS'",
    ),
    "a retention of no days": (
        {"volumeId": VOLUME, "retentionPeriod": {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 0}},
        "retentionPeriod.retentionTimeAmount: Input should be greater than or equal to 1",
    ),
    "a retry token too long": ({"volumeId": VOLUME, "opcRetryToken": "x" * 65}, "opcRetryToken: String should have"),
    "a retry token with a space at its end": ({"volumeId": VOLUME, "opcRetryToken": "a "}, "opcRetryToken: String"),
    "a retry token beyond ASCII": ({"volumeId": VOLUME, "opcRetryToken": "é"}, "opcRetryToken: String"),
    "a retry token with a line break": ({"volumeId": VOLUME, "opcRetryToken": "a\r\nb: c"}, "opcRetryToken: String"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_body_that_cannot_be_used_is_answered_with_a_sentence_and_sends_nothing(cloud: World, case: str) -> None:
    body, sentence = UNUSABLE[case]
    status, answer = cloud.invoke(body)
    assert (status, answer["outcome"], answer["results"]) == (502, "failed", [])
    assert answer["error"]["code"] == "InvalidRequest"
    assert answer["error"]["retryable"] is False
    assert sentence in answer["error"]["message"]
    assert cloud.operations() == []


def test_six_megabytes_of_noise_are_answered_and_leave_the_function_alive(cloud: World) -> None:
    noise = random.Random(1).randbytes(6 * 1024 * 1024)
    status, answer = cloud.invoke(noise)
    assert (status, answer["error"]["code"]) == (502, "InvalidRequest")
    assert len(json.dumps(answer)) < 2000
    assert cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))["outcome"] == "accepted"


def test_unusable_bodies_name_the_accepted_kinds(cloud: World) -> None:
    _, answer = cloud.invoke(b"")
    for kind in ("alarm", "CloudEvent", "event", "audit record", "streaming item", "request", "batch"):
        assert kind in answer["error"]["message"]


def test_a_hostile_field_name_stays_short_and_on_one_line(cloud: World) -> None:
    _, answer = cloud.invoke({"volumeId": VOLUME, "x" * 1_000_000: 1, 'a\n{"level": "CRITICAL"}': 2})
    assert len(answer["error"]["message"]) <= 1000
    assert all(len(line) < 3000 for line in cloud.log(least=1))
    assert not any(line.startswith('{"level": "CRITICAL"}') for line in cloud.log())


def test_the_smallest_request_makes_one_backup_of_the_configured_type(cloud: World) -> None:
    volume = cloud.volume()
    result = cloud.invoke_one(payload("request_minimal.json", volume=volume))
    assert result["outcome"] == "accepted"
    assert result["request"] == {
        "freeformTags": {"backup-trigger": f"request:{result['trigger']['id']}"},
        "type": "INCREMENTAL",
        "volumeId": volume,
    }
    [backup] = cloud.backups_of(volume)
    assert result["volumeBackup"]["id"] == backup["id"]
    assert result["notified"] is True


def test_all_ten_fields_are_sent_as_they_were_given(cloud: World) -> None:
    volume = cloud.volume()
    sent = json.loads(payload("request_all_fields.json", volume=volume))
    result = cloud.invoke_one(sent)
    [request] = cloud.requests("CreateVolumeBackup")
    assert request.details["headers"]["opc-retry-token"] == result["retryToken"] == "upgrade-2026-03"
    expected = {key: value for key, value in sent.items() if key != "opcRetryToken"}
    expected["freeformTags"] = {"owner": "dba", "backup-trigger": "request:upgrade-2026-03"}
    assert json.loads(request.details["content"]) == result["request"] == expected


def test_a_request_with_ten_tags_keeps_them_and_gets_no_eleventh(cloud: World) -> None:
    tags = {f"key-{number}": "value" for number in range(10)}
    result = cloud.invoke_one({"volumeId": cloud.volume(), "freeformTags": tags})
    assert result["request"]["freeformTags"] == tags


def test_a_request_with_nearly_too_many_bytes_of_tags_gets_no_tag_of_ours(cloud: World) -> None:
    tags = {"ns": {f"key-{number}": "x" * 256 for number in range(18)} | {"last": "x" * 200}}
    result = cloud.invoke_one({"volumeId": cloud.volume(), "definedTags": tags})
    assert "freeformTags" not in result["request"]


def test_a_request_may_say_itself_where_the_backup_comes_from(cloud: World) -> None:
    result = cloud.invoke_one({"volumeId": cloud.volume(), "freeformTags": {"Backup-Trigger": "by hand"}})
    assert result["request"]["freeformTags"] == {"Backup-Trigger": "by hand"}


def test_a_byte_order_mark_does_no_harm(cloud: World) -> None:
    body = b"\xef\xbb\xbf" + payload("request_minimal.json", volume=cloud.volume()).encode()
    assert cloud.invoke_one(body)["outcome"] == "accepted"


def test_the_same_retry_token_makes_one_backup_however_often_it_is_sent(cloud: World) -> None:
    volume = cloud.volume()
    body = {"volumeId": volume, "opcRetryToken": f"by-hand-{volume[-10:]}"}
    first, second = cloud.invoke_one(body), cloud.invoke_one(body)
    assert first["volumeBackup"]["id"] == second["volumeBackup"]["id"]
    assert len(cloud.backups_of(volume)) == 1
    sent = cloud.requests("CreateVolumeBackup")
    assert sent[0].details["content"] == sent[1].details["content"]


def test_a_request_without_a_token_is_identified_by_the_message_or_the_call_it_came_with(cloud: World) -> None:
    body = payload("request_minimal.json", volume=cloud.volume())
    assert cloud.invoke_one(body, x_oci_ns_messageid="message-1")["trigger"]["id"] == "message-1"
    assert cloud.invoke_one(body, fn_call_id="call-1")["trigger"]["id"] != "message-1"


def test_boot_volumes_volume_groups_and_instances_are_backed_up_by_their_own_operations(cloud: World) -> None:
    boot_volume, volume = cloud.boot_volume(), cloud.volume()
    group = cloud.volume_group(cloud.volume())
    assert cloud.invoke_one({"volumeId": boot_volume})["request"]["bootVolumeId"] == boot_volume
    assert cloud.invoke_one({"volumeId": group})["request"]["volumeGroupId"] == group
    assert cloud.invoke_one({"volumeId": volume.upper().replace("OCID1", "ocid1")})["resourceId"] == volume
    instance = cloud.instance(disks=1)
    _, answer = cloud.invoke({"volumeId": instance, "opcRetryToken": "one-token"})
    assert [result["outcome"] for result in answer["results"]] == ["accepted", "accepted"]
    assert len({result["retryToken"] for result in answer["results"]} - {"one-token"}) == 2
    assert cloud.operations().count("CreateVolumeBackup") == 2
    assert cloud.operations().count("CreateBootVolumeBackup") == 2
    assert cloud.operations().count("CreateVolumeGroupBackup") == 1


def test_a_key_for_a_volume_group_is_refused_because_its_api_has_none(cloud: World) -> None:
    group = cloud.volume_group(cloud.volume())
    status, answer = cloud.invoke({"volumeId": group, "kmsKeyId": "ocid1.key.oc1.iad.v.a"})
    assert status == 502
    assert answer["results"][0]["error"]["message"].startswith("kmsKeyId: ")
    assert cloud.requests("CreateVolumeGroupBackup") == []


def test_a_failed_direct_request_is_answered_502_so_that_its_caller_sees_it(cloud: World) -> None:
    status, answer = cloud.invoke({"volumeId": VOLUME})
    assert status == 502
    [result] = answer["results"]
    assert (result["outcome"], result["error"]["code"]) == ("failed", "NotAuthorizedOrNotFound")
    assert cloud.events()[0]["type"] == "volumebackup.failed"


def test_a_dry_run_shows_the_request_and_changes_nothing(cloud: World) -> None:
    volume = cloud.volume()
    result = cloud.invoke_one({"volumeId": volume, "dryRun": True, "displayName": "rehearsal"})
    assert (result["outcome"], result["notified"]) == ("planned", False)
    assert result["request"]["displayName"] == "rehearsal"
    assert cloud.operations() == []


def test_configured_key_retention_and_type_go_into_requests_that_say_none(configured: Configure) -> None:
    cloud = configured(KMS_KEY_ID="ocid1.key.oc1.iad.vault.aaaakey", RETENTION_DAYS="30", BACKUP_TYPE="FULL")
    given = cloud.invoke_one({"volumeId": cloud.volume()})["request"]
    assert (given["kmsKeyId"], given["type"]) == ("ocid1.key.oc1.iad.vault.aaaakey", "FULL")
    assert given["retentionPeriod"] == {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 30}
    own = cloud.invoke_one({"volumeId": cloud.volume(), "isIndefiniteRetentionEnabled": True, "type": "INCREMENTAL"})[
        "request"
    ]
    assert "retentionPeriod" not in own
    assert own["type"] == "INCREMENTAL"
    assert "kmsKeyId" not in cloud.invoke_one({"volumeId": cloud.volume_group(cloud.volume())})["request"]


def test_a_call_without_any_identity_has_to_bring_a_token(cloud: World) -> None:
    container = cloud.oci.wait(cloud.oci.pool.warm())
    body = payload("request_minimal.json", volume=cloud.volume()).encode()
    outcome = cloud.oci.wait(container.invoke(body, {}, 20))
    assert (outcome.status, b"opcRetryToken: needed" in outcome.body) == (502, True)


def test_an_event_about_a_backup_is_not_backed_up(cloud: World) -> None:
    event = json.loads(cloud.payload("event_updatevolume_tagged.json"))
    event["data"]["resourceId"] = "ocid1.volumebackup.oc1.iad.a"
    assert cloud.invoke_one(event)["reason"] == "the resource is itself a backup"


def test_a_retry_token_may_have_spaces_inside_and_is_sent_verbatim(cloud: World) -> None:
    result = cloud.invoke_one(payload("request_token_with_spaces.json", volume=cloud.volume()))
    [request] = cloud.requests("CreateVolumeBackup")
    assert request.details["headers"]["opc-retry-token"] == result["retryToken"] == "aliqua enim i"
    assert result["request"]["freeformTags"] == {"backup-trigger": "request:aliqua enim i"}


# Per payload: what is wrong with it.
WRONG = {
    "request_misspelt_field.json": "displayname: unknown field",
    "request_of_a_bucket.json": "volumeId: the OCID of a bucket, expected that of a volume",
    "request_that_cannot_be_deleted.json": (
        "isRetentionLockEnabled, isIndefiniteRetentionEnabled, isPreventDeletionEnabled: only a direct request"
    ),
}


@pytest.mark.parametrize("in_array", [False, True], ids=["alone", "in an array"])
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_request_through_a_topic_fails_once_is_told_and_does_not_come_again(
    cloud: World, name: str, *, in_array: bool
) -> None:
    body = json.loads(cloud.payload(name))
    result = cloud.invoke_one([body] if in_array else body, x_oci_ns_messageid="message-1")
    assert (result["outcome"], result["error"]["code"], result["error"]["retryable"]) == (
        "failed",
        "InvalidRequest",
        False,
    )
    assert result["error"]["message"].startswith(WRONG[name])
    assert result["resourceId"] == body["volumeId"]
    assert [event["data"]["code"] for event in cloud.events()] == ["InvalidRequest"]
    assert cloud.requests("CreateVolumeBackup") == []


@pytest.mark.parametrize("flag", ["isRetentionLockEnabled", "isIndefiniteRetentionEnabled", "isPreventDeletionEnabled"])
def test_only_a_direct_request_makes_a_backup_that_cannot_be_deleted(cloud: World, flag: str) -> None:
    request = {"volumeId": cloud.volume(), flag: True}
    refused = cloud.invoke_one([request])
    assert refused["error"]["message"] == f"{flag}: only a direct request can make a backup that nobody can delete"
    assert cloud.invoke_one([{**request, flag: False}])["outcome"] == "accepted"
    assert cloud.invoke_one({**request, "volumeId": cloud.volume()})["request"][flag] is True


def test_a_body_of_no_known_kind_is_an_error_to_its_caller_and_a_skip_for_a_person_through_a_topic(
    cloud: World,
) -> None:
    unknown = cloud.payload("unknown_object.json")
    status, answer = cloud.invoke(unknown)
    assert (status, answer["results"]) == (502, [])
    result = cloud.invoke_one(unknown, x_oci_ns_messageid="message-1")
    assert (result["outcome"], result["trigger"]) == ("skipped", {"kind": "message", "id": "message-1"})
    assert result["reason"] == answer["error"]["message"]


# Per text that came through a topic: whether somebody has to look at it.
TEXTS = {
    b"": True,
    b" \n": True,
    b"Please have a look at web-1.": False,
    b"\xff\xfe": False,
    b'{"volumeId": "ocid1.volume.oc1.iad.a",}': True,
    b'web-1 failed. To send it again: {"volumeId": "ocid1.volume.oc1.iad.a"}': False,
    b"{ nothing of ours": False,
    b'{"dedupeKey": "x", "alarmMetaData": [{]}': True,
}


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_a_text_through_a_topic_needs_a_person_only_if_it_looks_like_a_damaged_trigger(text: bytes) -> None:
    [result] = parse_results(text, message_id="message-1")
    assert (result.outcome, result.needs_person) == ("skipped", TEXTS[text])
