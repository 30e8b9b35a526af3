"""Direct requests: what a person, a script or a schedule sends."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from tests.conftest import Configure
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
    "a retry token with a line break": ({"volumeId": VOLUME, "opcRetryToken": "a\r\nb: c"}, "opcRetryToken: String"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_body_that_cannot_be_used_is_answered_with_a_sentence_and_sends_nothing(made: World, case: str) -> None:
    body, sentence = UNUSABLE[case]
    status, answer = made.invoke(body)
    assert (status, answer["outcome"], answer["results"]) == (502, "failed", [])
    assert answer["error"]["code"] == "InvalidRequest"
    assert answer["error"]["retryable"] is False
    assert sentence in answer["error"]["message"]
    assert made.operations() == []


def test_six_megabytes_of_noise_are_answered_and_leave_the_function_alive(made: World) -> None:
    noise = random.Random(1).randbytes(6 * 1024 * 1024)
    status, answer = made.invoke(noise)
    assert (status, answer["error"]["code"]) == (502, "InvalidRequest")
    assert len(json.dumps(answer)) < 2000
    assert made.result(payload("request_minimal.json", volume=made.volume()))["outcome"] == "accepted"


def test_unusable_bodies_name_the_accepted_kinds(made: World) -> None:
    _, answer = made.invoke(b"")
    for kind in ("alarm", "CloudEvent", "event", "audit record", "streaming item", "request", "batch"):
        assert kind in answer["error"]["message"]


def test_a_hostile_field_name_stays_short_and_on_one_line(made: World) -> None:
    _, answer = made.invoke({"volumeId": VOLUME, "x" * 1_000_000: 1, 'a\n{"level": "CRITICAL"}': 2})
    assert len(answer["error"]["message"]) <= 1000
    assert all(len(line) < 3000 for line in made.log(least=1))
    assert not any(line.startswith('{"level": "CRITICAL"}') for line in made.log())


def test_the_smallest_request_makes_one_backup_of_the_configured_type(made: World) -> None:
    volume = made.volume()
    result = made.result(payload("request_minimal.json", volume=volume))
    assert result["outcome"] == "accepted"
    assert result["request"] == {
        "freeformTags": {"backup-trigger": f"request:{result['trigger']['id']}"},
        "type": "INCREMENTAL",
        "volumeId": volume,
    }
    [backup] = made.backups_of(volume)
    assert result["volumeBackup"]["id"] == backup["id"]
    assert result["notified"] is True


def test_all_ten_fields_are_sent_as_they_were_given(made: World) -> None:
    volume = made.volume()
    sent = json.loads(payload("request_all_fields.json", volume=volume))
    result = made.result(sent)
    [request] = made.requests("CreateVolumeBackup")
    assert request.details["headers"]["opc-retry-token"] == result["retryToken"] == "upgrade-2026-03"
    expected = {key: value for key, value in sent.items() if key != "opcRetryToken"}
    expected["freeformTags"] = {"owner": "dba", "backup-trigger": "request:upgrade-2026-03"}
    assert json.loads(request.details["content"]) == result["request"] == expected


def test_a_request_with_ten_tags_keeps_them_and_gets_no_eleventh(made: World) -> None:
    tags = {f"key-{number}": "value" for number in range(10)}
    result = made.result({"volumeId": made.volume(), "freeformTags": tags})
    assert result["request"]["freeformTags"] == tags


def test_a_request_with_nearly_too_many_bytes_of_tags_gets_no_tag_of_ours(made: World) -> None:
    tags = {"ns": {f"key-{number}": "x" * 256 for number in range(18)} | {"last": "x" * 200}}
    result = made.result({"volumeId": made.volume(), "definedTags": tags})
    assert "freeformTags" not in result["request"]


def test_a_request_may_say_itself_where_the_backup_comes_from(made: World) -> None:
    result = made.result({"volumeId": made.volume(), "freeformTags": {"Backup-Trigger": "by hand"}})
    assert result["request"]["freeformTags"] == {"Backup-Trigger": "by hand"}


def test_a_byte_order_mark_does_no_harm(made: World) -> None:
    body = b"\xef\xbb\xbf" + payload("request_minimal.json", volume=made.volume()).encode()
    assert made.result(body)["outcome"] == "accepted"


def test_the_same_retry_token_makes_one_backup_however_often_it_is_sent(made: World) -> None:
    volume = made.volume()
    body = {"volumeId": volume, "opcRetryToken": f"by-hand-{volume[-10:]}"}
    first, second = made.result(body), made.result(body)
    assert first["volumeBackup"]["id"] == second["volumeBackup"]["id"]
    assert len(made.backups_of(volume)) == 1
    sent = made.requests("CreateVolumeBackup")
    assert sent[0].details["content"] == sent[1].details["content"]


def test_a_request_without_a_token_is_identified_by_the_message_or_the_call_it_came_with(made: World) -> None:
    body = payload("request_minimal.json", volume=made.volume())
    assert made.result(body, x_oci_ns_messageid="message-1")["trigger"]["id"] == "message-1"
    assert made.result(body, fn_call_id="call-1")["trigger"]["id"] != "message-1"


def test_boot_volumes_volume_groups_and_instances_are_backed_up_by_their_own_operations(made: World) -> None:
    boot_volume, volume = made.boot_volume(), made.volume()
    group = made.volume_group(made.volume())
    assert made.result({"volumeId": boot_volume})["request"]["bootVolumeId"] == boot_volume
    assert made.result({"volumeId": group})["request"]["volumeGroupId"] == group
    assert made.result({"volumeId": volume.upper().replace("OCID1", "ocid1")})["resourceId"] == volume
    instance = made.instance(disks=1)
    _, answer = made.invoke({"volumeId": instance, "opcRetryToken": "one-token"})
    assert [result["outcome"] for result in answer["results"]] == ["accepted", "accepted"]
    assert len({result["retryToken"] for result in answer["results"]} - {"one-token"}) == 2
    assert made.operations().count("CreateVolumeBackup") == 2
    assert made.operations().count("CreateBootVolumeBackup") == 2
    assert made.operations().count("CreateVolumeGroupBackup") == 1


def test_a_key_for_a_volume_group_is_refused_because_its_api_has_none(made: World) -> None:
    group = made.volume_group(made.volume())
    status, answer = made.invoke({"volumeId": group, "kmsKeyId": "ocid1.key.oc1.iad.v.a"})
    assert status == 502
    assert answer["results"][0]["error"]["message"].startswith("kmsKeyId: ")
    assert made.requests("CreateVolumeGroupBackup") == []


def test_a_failed_direct_request_is_answered_502_so_that_its_caller_sees_it(made: World) -> None:
    status, answer = made.invoke({"volumeId": VOLUME})
    assert status == 502
    [result] = answer["results"]
    assert (result["outcome"], result["error"]["code"]) == ("failed", "NotAuthorizedOrNotFound")
    assert made.events()[0]["type"] == "volumebackup.failed"


def test_a_dry_run_shows_the_request_and_changes_nothing(made: World) -> None:
    volume = made.volume()
    result = made.result({"volumeId": volume, "dryRun": True, "displayName": "rehearsal"})
    assert (result["outcome"], result["notified"]) == ("planned", False)
    assert result["request"]["displayName"] == "rehearsal"
    assert made.operations() == []


def test_configured_key_retention_and_type_go_into_requests_that_say_none(configured: Configure) -> None:
    made = configured(KMS_KEY_ID="ocid1.key.oc1.iad.vault.aaaakey", RETENTION_DAYS="30", BACKUP_TYPE="FULL")
    given = made.result({"volumeId": made.volume()})["request"]
    assert (given["kmsKeyId"], given["type"]) == ("ocid1.key.oc1.iad.vault.aaaakey", "FULL")
    assert given["retentionPeriod"] == {"retentionTimeUnit": "DAYS", "retentionTimeAmount": 30}
    own = made.result({"volumeId": made.volume(), "isIndefiniteRetentionEnabled": True, "type": "INCREMENTAL"})[
        "request"
    ]
    assert "retentionPeriod" not in own
    assert own["type"] == "INCREMENTAL"
    assert "kmsKeyId" not in made.result({"volumeId": made.volume_group(made.volume())})["request"]


def test_a_call_without_any_identity_has_to_bring_a_token(made: World) -> None:
    container = made.oci.wait(made.oci.functions.warm())
    body = payload("request_minimal.json", volume=made.volume()).encode()
    outcome = made.oci.wait(container.invoke(body, {}, 20))
    assert (outcome.status, b"opcRetryToken: needed" in outcome.body) == (502, True)


def test_an_event_about_a_backup_is_not_backed_up(made: World) -> None:
    event = json.loads(made.filled_in("event_updatevolume_tagged.json"))
    event["data"]["resourceId"] = "ocid1.volumebackup.oc1.iad.a"
    assert made.result(event)["reason"] == "the resource is itself a backup"
