"""Functions in the plural: the local OCI's Functions service and Fn API, by the SDK's clients and over HTTP."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oci
import pytest

from emulator import Image, local_oci
from emulator.services.functions.functions import Functions
from emulator.services.functions.images import find_image, read_func_yaml
from tests.sdk_clients import client_of, refusal, wait_for
from tests.world import World, world

models = oci.functions.models
SUBNET = "ocid1.subnet.oc1.iad.aaaasubnet"
SHOWS_ITSELF = """
import json, os
from fdk.response import Response


def handler(ctx, data):
    shown = {name: os.environ.get(name) for name in ("FN_FN_NAME", "FN_MEMORY", "GREETING", "SHARED")}
    return Response(ctx, json.dumps({**shown, "image": "IMAGE_NAME", "got": data.getvalue().decode()}))
"""


def image(folder: Path, name: str, func_yaml: str = "") -> Image:
    """An image whose function answers with the image's name and what it was given."""
    folder.mkdir(exist_ok=True)
    (folder / "func.py").write_text(SHOWS_ITSELF.replace("IMAGE_NAME", name))
    if func_yaml:
        (folder / "func.yaml").write_text(func_yaml)
    return Image(folder / "func.py")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A local OCI without a stack of its own, which knows two images."""
    folder = tmp_path_factory.mktemp("images")
    images = {name: image(folder / name, name) for name in ("one", "two")}
    images["configured"] = image(folder / "c", "configured", "memory: 512\ntimeout: 60\nconfig: {GREETING: hello}\n")
    with local_oci(own_stack=False, images=images, image=images["one"], lifecycle_seconds=0.01) as local:
        yield World(local)


@pytest.fixture(scope="module")
def functions(empty: World) -> Any:
    return client_of(oci.functions.FunctionsManagementClient, empty)


def application(functions: Any, cloud: World, name: str, **details: Any) -> Any:
    details = {"compartment_id": cloud.oci.compartment_id, "display_name": name, "subnet_ids": [SUBNET], **details}
    return functions.create_application(models.CreateApplicationDetails(**details)).data


def function_details(application_id: str, name: str, image: str = "one", **details: Any) -> Any:
    source = models.CreateContainerImageFunctionSourceDetails(image=image)
    known = {"application_id": application_id, "display_name": name, "source_details": source, "memory_in_mbs": 128}
    return models.CreateFunctionDetails(**{**known, **details})


def function(functions: Any, application_id: str, name: str, **details: Any) -> Any:
    return functions.create_function(function_details(application_id, name, **details)).data


def invoke(cloud: World, function_id: str, body: str = "") -> Any:
    client = client_of(oci.functions.FunctionsInvokeClient, cloud)
    return json.loads(client.invoke_function(function_id, invoke_function_body=body.encode()).data.content)


def test_a_local_oci_without_a_stack_holds_nothing_and_says_so() -> None:
    with world(own_stack=False) as empty:
        with pytest.raises(LookupError, match="own_stack"):
            _ = empty.oci.function
        ons = client_of(oci.ons.NotificationControlPlaneClient, empty)
        assert ons.list_topics(empty.oci.compartment_id).data == []


def test_each_function_runs_its_own_image_with_its_own_settings(empty: World, functions: Any) -> None:
    app = application(functions, empty, "settings", config={"SHARED": "of the application", "GREETING": "hi"})
    first = function(functions, app.id, "first", image="iad.ocir.io/tenancy/repository/one:0.1")
    second = function(functions, app.id, "second", image="two", memory_in_mbs=256, config={"GREETING": "good evening"})
    shared = {"SHARED": "of the application", "got": "x"}
    told = {"FN_FN_NAME": "first", "FN_MEMORY": "128", "GREETING": "hi", "image": "one", **shared}
    assert invoke(empty, first.id, "x") == told
    told = {"FN_FN_NAME": "second", "FN_MEMORY": "256", "GREETING": "good evening", "image": "two", **shared}
    assert invoke(empty, second.id, "x") == told
    assert (first.timeout_in_seconds, first.lifecycle_state, first.shape) == (30, "ACTIVE", "GENERIC_X86")


def test_what_changes_of_a_function_or_its_application_is_seen_by_the_next_invocation(
    empty: World, functions: Any
) -> None:
    app = application(functions, empty, "changes")
    made = function(functions, app.id, "changing")
    assert invoke(empty, made.id)["SHARED"] is None
    functions.update_application(app.id, models.UpdateApplicationDetails(config={"SHARED": "now"}))
    assert invoke(empty, made.id)["SHARED"] == "now"
    source = models.UpdateContainerImageFunctionSourceDetails(image="two:0.2")
    details = models.UpdateFunctionDetails(
        source_details=source,
        memory_in_mbs=1024,
        timeout_in_seconds=60,
        detached_mode_timeout_in_seconds=3600,
        config={"GREETING": "hello"},
        trace_config=models.FunctionTraceConfig(is_enabled=True),
        provisioned_concurrency_config=models.ConstantProvisionedConcurrencyConfig(count=10),
        failure_destination=models.StreamFailureDestinationDetails(stream_id="ocid1.stream.oc1.iad.a"),
        freeform_tags={"a": "b"},
    )
    functions.update_function(made.id, details)
    changed = functions.get_function(made.id).data
    assert (changed.memory_in_mbs, changed.detached_mode_timeout_in_seconds, changed.freeform_tags) == (
        1024,
        3600,
        {"a": "b"},
    )
    assert changed.failure_destination.stream_id == "ocid1.stream.oc1.iad.a"
    answer = invoke(empty, made.id)
    assert (answer["image"], answer["FN_MEMORY"], answer["GREETING"]) == ("two", "1024", "hello")


def test_an_images_digest_follows_from_its_name_unless_it_is_given(empty: World, functions: Any) -> None:
    app = application(functions, empty, "digests")
    made = function(functions, app.id, "digest", image="one:0.1")
    digest = f"sha256:{hashlib.sha256(b'one:0.1').hexdigest()}"
    assert made.source_details.image_digest == digest
    call, path = empty.oci.operator.call, f"/20181201/functions/{made.id}"
    before = call("GET", path)
    assert (before["image"], before["imageDigest"], "sourceDetails" in before) == ("one:0.1", digest, False)
    assert call("PUT", path, {"config": {}, "imageDigest": digest})["imageDigest"] == digest
    assert call("PUT", path, {"image": "one:0.2"})["imageDigest"] != digest
    assert call("PUT", path, {"image": "one:0.1", "imageDigest": "sha256:abc"})["imageDigest"] == "sha256:abc"


REFUSED = {
    "memory that is not offered": ({"memory_in_mbs": 300}, "memoryInMBs must be one of"),
    "too short a timeout": ({"timeout_in_seconds": 4}, "timeoutInSeconds must be between 5 and 300"),
    "too long a timeout": ({"timeout_in_seconds": 301}, "timeoutInSeconds must be between 5 and 300"),
    "too long a detached timeout": ({"detached_mode_timeout_in_seconds": 3601}, "must be between 5 and 3600"),
    "too large a configuration": ({"config": {"A": "x" * 4096}}, "config must not be larger than 4096 bytes"),
    "a key that no environment takes": ({"config": {"1A": "x"}}, "config key 1A must"),
    "a step of concurrency": (
        {"provisioned_concurrency_config": models.ConstantProvisionedConcurrencyConfig(count=10)},
        "count must be a multiple of 40",
    ),
}


@pytest.mark.parametrize(("details", "words"), REFUSED.values(), ids=REFUSED)
def test_a_function_is_limited_as_the_platform_limits_it(
    empty: World, functions: Any, details: dict[str, Any], words: str
) -> None:
    app = functions.list_applications(empty.oci.compartment_id, display_name="limits").data
    app_id = app[0].id if app else application(functions, empty, "limits").id
    status, code, message = refusal(functions.create_function, function_details(app_id, "limited", **details))
    assert (status, code) == (400, "InvalidParameter")
    assert words in message
    assert functions.list_functions(app_id).data == []


WRONG = {
    "no image": ({"image": None}, "MissingParameter"),
    "a number that is a text": ({"memoryInMBs": "128"}, "InvalidParameter"),
    "a number that is true": ({"timeoutInSeconds": True}, "InvalidParameter"),
    "tags that are a text": ({"freeformTags": "x"}, "InvalidParameter"),
    "a value that is a number": ({"config": {"A": 1}}, "InvalidParameter"),
    "a destination of no known kind": ({"failureDestination": {"kind": "PIGEON"}}, "InvalidParameter"),
    "a destination that says nowhere": ({"failureDestination": {"kind": "QUEUE"}}, "MissingParameter"),
    "an unknown field": ({"colour": "red"}, "InvalidParameter"),
    "another source": (
        {"image": None, "sourceDetails": {"sourceType": "PRE_BUILT_FUNCTIONS", "pbfListingId": "x"}},
        "MissingParameter",
    ),
}


@pytest.mark.parametrize(("change", "code"), WRONG.values(), ids=WRONG)
def test_a_body_that_is_not_what_the_api_takes_is_refused(
    empty: World, functions: Any, change: dict[str, Any], code: str
) -> None:
    apps = functions.list_applications(empty.oci.compartment_id, display_name="wrong").data
    app_id = apps[0].id if apps else application(functions, empty, "wrong").id
    body = {"applicationId": app_id, "displayName": "f", "image": "one", "memoryInMBs": 128, **change}
    path = "/20181201/functions"
    status, told, _ = refusal(empty.oci.operator.call, "POST", path, {k: v for k, v in body.items() if v is not None})
    assert (status, told) == (400, code)


def test_names_are_unique_and_an_application_goes_last(empty: World, functions: Any) -> None:
    app = application(functions, empty, "unique")
    made = function(functions, app.id, "only")
    again = {"compartment_id": empty.oci.compartment_id, "display_name": "unique", "subnet_ids": [SUBNET]}
    assert refusal(functions.create_application, models.CreateApplicationDetails(**again))[:2] == (409, "Conflict")
    assert refusal(functions.create_function, function_details(app.id, "only"))[:2] == (409, "Conflict")
    assert refusal(functions.delete_application, app.id)[:2] == (409, "Conflict")
    invoke(empty, made.id)
    [container] = empty.oci.run(lambda: empty.oci.service(Functions).deployment(made.id).pool.containers)
    assert functions.delete_function(made.id).status == 202
    assert refusal(functions.get_function, made.id)[0] == 404
    client = client_of(oci.functions.FunctionsInvokeClient, empty)
    assert refusal(client.invoke_function, made.id)[0] == 404
    empty.oci.wait(container.stop())
    assert not container.alive
    assert functions.delete_application(app.id).status == 202
    assert refusal(functions.get_application, app.id)[0] == 404
    other = application(functions, empty, "unique", compartment_id="ocid1.compartment.oc1..aaaaother")
    assert other.id != app.id


def test_lists_show_summaries_oldest_first(empty: World, functions: Any) -> None:
    app = application(functions, empty, "listed", config={"A": "b"})
    for name in ("b", "a", "c"):
        function(functions, app.id, name, config={"A": "b"})
    assert [found.display_name for found in functions.list_functions(app.id).data] == ["b", "a", "c"]
    by_name = functions.list_functions(app.id, sort_by="displayName").data
    assert [found.display_name for found in by_name] == ["a", "b", "c"]
    call, compartment = empty.oci.operator.call, empty.oci.compartment_id
    [summary, *_] = call("GET", "/20181201/functions", applicationId=app.id)
    assert {"config"}.isdisjoint(summary)
    assert {"image", "imageDigest", "memoryInMBs"} <= summary.keys()
    [summary] = call("GET", "/20181201/applications", compartmentId=compartment, displayName="listed")
    assert {"config", "syslogUrl"}.isdisjoint(summary)


def test_changes_are_accepted_with_a_work_request_by_todays_version_and_answered_by_the_one_before(
    empty: World, functions: Any
) -> None:
    app = application(functions, empty, "accepted")
    created = functions.create_function(function_details(app.id, "accepted"))
    updated = functions.update_function(created.data.id, models.UpdateFunctionDetails(memory_in_mbs=256))
    deleted = functions.delete_function(created.data.id)
    assert [answer.status for answer in (created, updated, deleted)] == [200, 202, 202]
    client = client_of(oci.functions.WorkRequestManagementClient, empty)
    for answer, verb in ((created, "CREATE"), (updated, "UPDATE"), (deleted, "DELETE")):
        done = wait_for(client.get_work_request, answer.headers["opc-work-request-id"], "SUCCEEDED", "status")
        assert done.operation_type == f"{verb}_FUNCTION"
        assert (done.resources[0].identifier, done.resources[0].entity_type) == (created.data.id, "function")
    call, path = empty.oci.operator.call, f"/20181201/applications/{app.id}"
    assert call("PUT", path, {"config": {"A": "b"}})["config"] == {"A": "b"}
    assert not call("DELETE", path)


def test_an_application_moves_with_its_functions(empty: World, functions: Any) -> None:
    app = application(functions, empty, "moved")
    made = function(functions, app.id, "moved")
    other = "ocid1.compartment.oc1..aaaaelsewhere"
    move = models.ChangeApplicationCompartmentDetails(compartment_id=other)
    functions.change_application_compartment(app.id, move)
    assert functions.get_application(app.id).data.compartment_id == other
    assert functions.get_function(made.id).data.compartment_id == other
    application(functions, empty, "moved")
    back = models.ChangeApplicationCompartmentDetails(compartment_id=empty.oci.compartment_id)
    assert refusal(functions.change_application_compartment, app.id, back)[0] == 409
    wrong = models.ChangeApplicationCompartmentDetails(compartment_id="elsewhere")
    assert refusal(functions.change_application_compartment, app.id, wrong)[:2] == (400, "InvalidParameter")


def test_rules_and_subscriptions_invoke_the_function_that_they_name(empty: World, functions: Any) -> None:
    call, compartment = empty.oci.operator.call, {"compartmentId": empty.oci.compartment_id}
    app = application(functions, empty, "named")
    by_rule, by_topic = (function(functions, app.id, name) for name in ("by-rule", "by-topic"))
    topic = call("POST", "/20181201/topics", {**compartment, "name": "named"})["topicId"]
    subscription = {"topicId": topic, "protocol": "ORACLE_FUNCTIONS", "endpoint": by_topic.id}
    call("POST", "/20181201/subscriptions", {**compartment, **subscription})
    action = {"actionType": "FAAS", "isEnabled": True, "functionId": by_rule.id}
    rule = {"displayName": "r", "isEnabled": True, "condition": '{"eventType": "com.oraclecloud.*.createvolume.end"}'}
    rule_id = call("POST", "/20181201/rules", {**compartment, **rule, "actions": {"actions": [action]}})["id"]
    volume = empty.volume()
    [told] = empty.oci.journal.wait_for("invocation", function=by_rule.id)
    assert told.details["answer"]["FN_FN_NAME"] == "by-rule"
    assert volume in told.details["answer"]["got"]
    call("POST", f"/20181201/topics/{topic}/messages", {"title": "t", "body": "a message"})
    [told] = empty.oci.journal.wait_for("invocation", function=by_topic.id)
    assert (told.details["answer"]["FN_FN_NAME"], told.details["answer"]["got"]) == ("by-topic", "a message")
    call("DELETE", f"/20181201/rules/{rule_id}")


def test_a_detached_invocation_has_its_own_timeout_and_tells_streams(empty: World, functions: Any) -> None:
    app = application(functions, empty, "detached")
    stream = models.StreamSuccessDestinationDetails(stream_id="ocid1.stream.oc1.iad.records")
    queue = models.QueueFailureDestinationDetails(queue_id="ocid1.queue.oc1.iad.gone")
    made = function(
        functions,
        app.id,
        "detached",
        timeout_in_seconds=5,
        detached_mode_timeout_in_seconds=900,
        success_destination=stream,
        failure_destination=queue,
    )
    client = client_of(oci.functions.FunctionsInvokeClient, empty)
    answered = client.invoke_function(made.id, invoke_function_body=b"later", fn_invoke_type="detached")
    assert answered.status == 202
    [told] = empty.oci.journal.wait_for("stream", stream="ocid1.stream.oc1.iad.records")
    record = json.loads(told.details["value"])
    assert (record["status"], record["request"], record["functionId"]) == (200, "later", made.id)
    empty.oci.run(lambda: empty.oci.service(Functions).deployment(made.id).deploy(Image(Path("/nowhere/func.py"))))
    client.invoke_function(made.id, invoke_function_body=b"fails", fn_invoke_type="detached")
    assert empty.oci.journal.wait_until(
        lambda entries: any(e.kind == "discarded" and "ocid1.queue.oc1.iad.gone" in e.line for e in entries)
    )


def test_a_detached_invocation_tells_a_queue(empty: World, functions: Any) -> None:
    details = {"compartmentId": empty.oci.compartment_id, "displayName": "records"}
    empty.oci.operator.call("POST", "/20210201/queues", details)
    admin = client_of(oci.queue.QueueAdminClient, empty)
    [queue] = admin.list_queues(compartment_id=empty.oci.compartment_id).data.items
    wait_for(admin.get_queue, queue.id, "ACTIVE")
    app = application(functions, empty, "queued")
    destination = models.QueueSuccessDestinationDetails(queue_id=queue.id, channel_id="outcomes")
    made = function(functions, app.id, "queued", success_destination=destination)
    client = client_of(oci.functions.FunctionsInvokeClient, empty)
    client.invoke_function(made.id, invoke_function_body=b"later", fn_invoke_type="detached")
    messages = client_of(oci.queue.QueueClient, empty)
    [told] = messages.get_messages(queue.id, timeout_in_seconds=20).data.messages
    record = json.loads(told.content)
    assert (record["status"], record["request"], told.metadata.channel_id) == (200, "later", "outcomes")


def test_an_image_is_looked_up_with_and_without_registry_and_tag() -> None:
    default, exact, tagged, plain = (Image(Path(name)) for name in ("default", "exact", "tagged", "plain"))
    images = {"iad.ocir.io/ns/fn:1": exact, "fn:2": tagged, "fn": plain}
    names = {
        "iad.ocir.io/ns/fn:1": exact,
        "iad.ocir.io/ns/fn:1@sha256:abc": exact,
        "iad.ocir.io/ns/fn:2": tagged,
        "localhost:5000/fn:3": plain,
        "fn": plain,
        "other:1": default,
    }
    assert {name: find_image(name, images, default) for name in names} == names


def test_func_yaml_says_what_fn_would_send(tmp_path: Path) -> None:
    assert read_func_yaml(image(tmp_path, "bare")) == {}
    told = read_func_yaml(image(tmp_path, "told", "name: f\nmemory: 512\ntimeout: 60\nconfig:\n  A: 1\n"))
    assert told == {"displayName": "f", "memoryInMBs": 512, "timeoutInSeconds": 60, "config": {"A": "1"}}
    with world(image=Image(tmp_path / "func.py")) as cloud:
        assert (cloud.oci.function["memoryInMBs"], cloud.oci.function["timeoutInSeconds"]) == (512, 60)
        assert cloud.oci.function["displayName"] == "f"
        assert cloud.oci.config["A"] == "1"


def call_fn(cloud: World, method: str, path: str, body: Any = None) -> Any:
    """Send what the ``fn`` CLI sends, unsigned."""
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{cloud.oci.base_url}{path}", data=content, method=method)
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or "null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())["message"]


def test_the_fn_cli_makes_configures_and_deletes_applications_and_functions(empty: World) -> None:
    app = call_fn(empty, "POST", "/v2/apps", {"config": {"A": "1"}, "name": "by-fn"})
    assert call_fn(empty, "POST", "/v2/apps", {"name": "by-fn"})[0] == 409
    changed = call_fn(empty, "PUT", f"/v2/apps/{app['id']}", {"config": {"A": "", "B": "2"}})
    assert changed["config"] == {"B": "2"}
    made = {"app_id": app["id"], "name": "f", "image": "local/configured:0.1"}
    fn = call_fn(empty, "POST", "/v2/fns", made)
    assert (fn["memory"], fn["timeout"], fn["config"]) == (512, 60, {"GREETING": "hello"})
    given = {**made, "name": "g", "memory": 256, "timeout": 20, "config": {"C": "3"}}
    other = call_fn(empty, "POST", "/v2/fns", given)
    assert (other["memory"], other["timeout"], other["config"]) == (256, 20, {"C": "3"})
    details = {"id": fn["id"], "image": "local/two:0.2", "memory": 256, "config": {"D": "4"}}
    fn = call_fn(empty, "PUT", f"/v2/fns/{fn['id']}", details)
    assert (fn["image"], fn["memory"], fn["config"]) == ("local/two:0.2", 256, {"GREETING": "hello", "D": "4"})
    assert call_fn(empty, "POST", f"/invoke/{fn['id']}", "x")["image"] == "two"
    assert call_fn(empty, "PUT", f"/v2/fns/{fn['id']}", {"config": "x"})[0] == 400
    assert call_fn(empty, "GET", f"/v2/triggers?app_id={app['id']}") == {"items": []}
    assert call_fn(empty, "DELETE", f"/v2/apps/{app['id']}")[0] == 409
    for one in (fn, other):
        assert call_fn(empty, "DELETE", f"/v2/fns/{one['id']}") is None
    assert call_fn(empty, "GET", f"/v2/fns/{fn['id']}")[0] == 404
    assert call_fn(empty, "DELETE", f"/v2/apps/{app['id']}") is None
    assert call_fn(empty, "GET", "/v2/apps?name=by-fn") == {"items": []}
