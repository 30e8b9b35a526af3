"""Where the imports of a cold start go: the interpreter's own measurement (``-X importtime``), added up by package."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace

from bench.measure import one_call, tagged_event, trusting
from emulator import LocalOci

GROUPS = {
    "interpreter, FDK, standard library": (),
    "`oci`": ("oci", "dateutil", "pytz", "six", "circuitbreaker", "jwt", "pkcs11", "asn1crypto", "OpenSSL", "crc32c"),
    "`cryptography`": ("cryptography", "_cffi_backend"),
    "`urllib3`, `certifi`": ("urllib3", "certifi"),
    "`pydantic`": ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions"),
    "the function's own modules": ("func", "handlers"),
}
_GROUP_OF = {package: group for group, packages in GROUPS.items() for package in packages}
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\w+)")
_RUNS = 7


def milliseconds(oci: LocalOci, variant: str) -> dict[str, float]:
    """Milliseconds of each group until the first answer: medians of some cold starts at full speed."""
    runs = [_once(oci, variant) for _ in range(_RUNS)]
    return {group: statistics.median(run[group] for run in runs) for group in GROUPS}


def _once(oci: LocalOci, variant: str) -> dict[str, float]:
    image = replace(trusting(oci, variant), environment={"PYTHONPROFILEIMPORTTIME": "1"})
    body, since = tagged_event(oci), len(oci.journal.all())
    oci.deploy(image)
    container = oci.wait(oci.pool.warm())
    one_call(oci, body)
    oci.wait(container.stop())  # its log is complete once it has ended
    found = dict.fromkeys(GROUPS, 0.0)
    for entry in oci.journal.all()[since:]:
        line = _LINE.match(entry.line) if entry.kind == "log" else None
        if line:
            found[_GROUP_OF.get(line[2], next(iter(GROUPS)))] += int(line[1]) / 1000
    return found
