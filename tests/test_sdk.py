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
    for unused in ("oci.dns.models", "oci.object_storage.models", "oci.core", "handlers.oci.proxies"):
        assert unused not in loaded
    assert not any(name.startswith(("pkcs11", "asn1crypto", "cryptography.x509.", "boto3")) for name in loaded)


def test_what_was_put_off_is_loaded_when_somebody_looks_into_it() -> None:
    program = """
import handlers.oci.sdk, oci, sys
from cryptography import x509
print(oci.dns.DnsClient.__name__, oci.object_storage.ObjectStorageClient.__name__, x509.Certificate.__name__)
print(oci.core.BlockstorageClient.__name__)
print([finder for finder in sys.meta_path if "handlers" in str(finder)])
"""
    assert run(program).split("\n") == [
        "DnsClient ObjectStorageClient Certificate",
        "BlockstorageClient",
        "[]",
        "",
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


def test_garbage_is_collected_from_the_first_answer_on() -> None:
    program = """
import gc, io, func
from fdk.context import InvokeContext
before = gc.isenabled()
func.handler(InvokeContext("app", "app", "function", "function", "call"), io.BytesIO(b""))
print(before, gc.isenabled())
"""
    assert run(program) == "False True\n"
