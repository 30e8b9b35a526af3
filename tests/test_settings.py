"""Configuration: one error names all that is wrong, and an unknown value never falls back silently."""

from __future__ import annotations

import json

import pytest

from handlers.domain.base_urls import BaseUrls
from handlers.domain.errors import InvalidConfiguration
from handlers.domain.tags import TagName
from handlers.settings import KEYS, read
from tests.conftest import Configure
from tests.world import payload

TOPIC = "ocid1.onstopic.oc1.iad.aaaatopic"
SNS = "arn:aws:sns:eu-central-1:123456789012:on-call"

MALFORMED = {
    "TOPIC_ID": ["ocid1.volume.oc1.iad.a", "my-topic", ",", f"{TOPIC}, x", "arn:aws:sqs:eu-central-1:123456789012:q"],
    "BACKUP_TAG": ["a.b.c", "a b", ".", "x" * 101],
    "BACKUP_TYPE": ["FULLY", "DIFFERENTIAL"],
    "EVENT_TYPES": ["com.oraclecloud.x y", "a,b;c"],
    "ALARM_TYPES": ["FIRING", "OK_TO_FIRING,OFF"],
    "REQUIRE_TAG": ["ja", "2"],
    "MIN_INTERVAL_MINUTES": ["-1", "1.5", "an hour", "²", "9" * 10],
    "KMS_KEY_ID": ["my-key", "ocid1.volume.oc1.iad.a"],
    "RETENTION_DAYS": ["0", "a month"],
    "ALERT_TOPIC_ID": ["ocid1.volume.oc1.iad.a", "oncall@example.com", ","],
    "DRY_RUN": ["maybe"],
    "MAX_CONCURRENCY": ["0", "101", "many"],
    "LOG_LEVEL": ["LOUD"],
    "OCI_ENDPOINT": [
        *("127.0.0.1:12000", "http://host/path", "http://user:secret@host", "ftp://host", "http://"),
        *("us-phoenix-1=http://host", "http://host,", "http://host,http://host", "http://host,us-phoenix-1=host"),
    ],
}


def test_only_the_topic_is_required_and_everything_else_has_its_documented_default() -> None:
    settings = read({"TOPIC_ID": TOPIC})
    assert settings.topic_ids == (TOPIC,)
    assert (settings.backup_tag, settings.backup_type) == (TagName("backup"), "INCREMENTAL")
    assert (settings.event_types, settings.alarm_types) == ((), ("OK_TO_FIRING",))
    assert (settings.require_tag, settings.min_interval_minutes, settings.dry_run) == (False, 0, False)
    assert (settings.kms_key_id, settings.retention_days, settings.oci_endpoint) == (None, None, None)
    assert (settings.max_concurrency, settings.log_level) == (8, "INFO")
    assert settings.alert_topic_ids == ()


def test_every_key_can_be_set() -> None:
    settings = read(
        {
            "TOPIC_ID": f"{TOPIC}, {SNS}",
            "BACKUP_TAG": "Operations.Backup",
            "BACKUP_TYPE": "full",
            "EVENT_TYPES": "com.oraclecloud.ComputeApi.*,x",
            "ALARM_TYPES": "repeat, RESET",
            "REQUIRE_TAG": "Yes",
            "MIN_INTERVAL_MINUTES": "60",
            "KMS_KEY_ID": "ocid1.key.oc1.iad.vault.aaaakey",
            "RETENTION_DAYS": "30",
            "ALERT_TOPIC_ID": f"{SNS},{TOPIC}",
            "DRY_RUN": "1",
            "MAX_CONCURRENCY": "4",
            "LOG_LEVEL": "debug",
            "OCI_ENDPOINT": "http://127.0.0.1:12000/, us-phoenix-1=http://127.0.0.1:12001/",
        }
    )
    assert settings.topic_ids == (TOPIC, SNS)
    assert settings.backup_tag == TagName("Backup", "Operations")
    assert (settings.backup_type, settings.log_level) == ("FULL", "DEBUG")
    assert settings.event_types == ("com.oraclecloud.computeapi.*", "x")
    assert settings.alarm_types == ("REPEAT", "RESET")
    assert (settings.require_tag, settings.dry_run) == (True, True)
    assert (settings.min_interval_minutes, settings.retention_days, settings.max_concurrency) == (60, 30, 4)
    assert settings.alert_topic_ids == (SNS, TOPIC)
    assert settings.oci_endpoint == BaseUrls("http://127.0.0.1:12000", (("us-phoenix-1", "http://127.0.0.1:12001"),))


def test_an_empty_value_counts_as_not_set() -> None:
    assert read({"TOPIC_ID": TOPIC, **dict.fromkeys(set(KEYS) - {"TOPIC_ID"}, " ")}) == read({"TOPIC_ID": TOPIC})


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in MALFORMED.items() for value in values])
def test_a_malformed_value_is_an_error_that_names_its_key(key: str, value: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        read({"TOPIC_ID": TOPIC, key: value})
    assert caught.value.message.startswith(f"{key}: ")


def test_a_number_out_of_its_range_is_told_with_the_range() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        read({"TOPIC_ID": TOPIC, "MIN_INTERVAL_MINUTES": "9999999999"})
    assert caught.value.message == "MIN_INTERVAL_MINUTES: '9999999999' is not a whole number between 0 and 5256000"


def test_a_topic_that_is_named_twice_counts_once() -> None:
    assert read({"TOPIC_ID": f"{TOPIC}, {SNS},{TOPIC}"}).topic_ids == (TOPIC, SNS)


def test_one_error_names_every_key_that_is_missing_or_malformed() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        read({"BACKUP_TYPE": "FULLY", "DRY_RUN": "maybe", "LOG_LEVEL": "LOUD"})
    assert caught.value.message == (
        "TOPIC_ID: missing; BACKUP_TYPE: 'FULLY' is not one of FULL, INCREMENTAL; "
        "DRY_RUN: 'maybe' is neither true nor false; "
        "LOG_LEVEL: 'LOUD' is not one of DEBUG, INFO, WARNING, ERROR, CRITICAL"
    )


def test_the_function_answers_an_unusable_configuration_and_sends_nothing(configured: Configure) -> None:
    cloud = configured(TOPIC_ID=None, REQUIRE_TAG="ja", MAX_CONCURRENCY="many")
    for _ in range(2):
        status, answer = cloud.invoke(payload("request_minimal.json", volume="ocid1.volume.oc1.iad.a"))
        assert status == 502
        assert answer["results"] == []
        assert answer["error"]["code"] == "InvalidConfiguration"
        assert answer["error"]["message"].startswith("TOPIC_ID: missing; REQUIRE_TAG: 'ja'")
        assert "fn config function" in answer["error"]["hint"]
    assert cloud.operations() == []


def test_debug_shows_the_libraries_lines_and_the_default_does_not(configured: Configure) -> None:
    cloud = configured(LOG_LEVEL="DEBUG")
    cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))
    assert any("urllib3" in line for line in cloud.log(least=5))
    cloud = configured(LOG_LEVEL=None)
    cloud.forget()
    cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))
    assert {json.loads(line)["log"] for line in cloud.log(least=2)} == {"result", "invocation"}


@pytest.mark.parametrize("level", ["ERROR", "WARNING"])
def test_a_higher_level_leaves_out_what_went_well(configured: Configure, level: str) -> None:
    cloud = configured(LOG_LEVEL=level)
    cloud.invoke_one(payload("request_minimal.json", volume=cloud.volume()))
    assert cloud.log() == []
    cloud.invoke(b"")
    assert len(cloud.log(least=1)) == 1
