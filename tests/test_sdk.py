"""The SDK is imported lean, and all that was put off is there for whoever needs it."""

from __future__ import annotations

import subprocess
import sys

from emulator.options import PROJECT


def run(program: str) -> str:
    """What a program prints in an interpreter of its own."""
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_is_imported_that_the_function_does_not_use() -> None:
    loaded = run("import sys, handlers.oci.client; print(*sys.modules)").split()
    for unused in ("oci.base_client", "oci.auth.federation_client", "oci.core", "oci.dns", "handlers.oci.proxies"):
        assert unused not in loaded
    assert not any(
        name.startswith(("pkcs11", "asn1crypto", "cryptography.x509", "dateutil", "boto3")) for name in loaded
    )


def test_what_was_put_off_is_loaded_when_somebody_looks_into_it() -> None:
    program = """
import handlers.oci.sdk, oci, sys
from oci.auth.signers import get_resource_principals_signer, SecurityTokenSigner
print(oci.core.BlockstorageClient.__name__, oci.BaseClient.__name__, get_resource_principals_signer.__name__)
print(oci._vendor.requests.get.__name__, oci._vendor.chardet.detect(b"")["encoding"])
print(SecurityTokenSigner is handlers.oci.sdk.SecurityTokenSigner, oci.exceptions is handlers.oci.sdk.exceptions)
print([finder for finder in sys.meta_path if "handlers" in str(finder)])
print(hasattr(oci, "nothing_of_the_kind"))
"""
    assert run(program).splitlines() == [
        "BlockstorageClient BaseClient get_resource_principals_signer",
        "get None",
        "True True",
        "[]",
        "False",
    ]


def test_a_delivery_that_asks_for_nothing_does_not_import_the_sdk() -> None:
    program = """
import os, sys
os.environ["TOPIC_ID"] = "ocid1.onstopic.oc1.iad.a"
from handlers.domain.delivery import Delivery
from handlers.invocation import invoke
answer = invoke(Delivery(b'{"alarmMetaData": [], "type": "FIRING_TO_OK"}', "call", "function"))
print(answer.outcome, "oci" in sys.modules, "pydantic" in sys.modules)
"""
    assert run(program) == "skipped False False\n"


def test_an_event_is_worked_off_without_pydantic() -> None:
    program = """
import json, os, sys
os.environ["TOPIC_ID"] = "ocid1.onstopic.oc1.iad.a"
from handlers.domain.delivery import Delivery
from handlers.invocation import invoke
volume = {"resourceId": "ocid1.volume.oc1.iad.a", "freeformTags": {"backup": "full"}}
event = {"eventType": "com.oraclecloud.blockvolumes.updatevolume", "eventID": "e", "data": volume}
answer = json.loads(invoke(Delivery(json.dumps(event).encode(), "call", "function")).text)
print(answer["error"]["code"], "handlers.backups.create" in sys.modules, "pydantic_core" in sys.modules)
"""
    assert run(program) == "ResourcePrincipalUnavailable True False\n"


def test_garbage_is_collected_from_the_first_answer_on() -> None:
    program = """
import gc, io, func
from fdk.context import InvokeContext
before = gc.isenabled()
func.handler(InvokeContext("app", "app", "function", "function", "call"), io.BytesIO(b""))
print(before, gc.isenabled())
"""
    assert run(program) == "False True\n"
