"""What applications and functions may be set to.

https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionscustomizing.htm
"""

from __future__ import annotations

import re

from ...core.errors import invalid
from ...core.operations import Document

_MEMORY = (128, 256, 512, 1024, 2048, 3072)
_SECONDS = {"timeoutInSeconds": (5, 300), "detachedModeTimeoutInSeconds": (5, 3600)}
_MOST_CONFIG_BYTES = 4 * 1024
_CONFIG_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# Concurrency is provisioned in steps that depend on the memory.
_PROVISIONED_STEP = {128: 40, 256: 20}


def check_config(details: Document) -> None:
    """Raise ServiceError 400 for a configuration that is too large or has keys that no environment takes."""
    config = details.get("config") or {}
    for key in config:
        if not _CONFIG_KEY.fullmatch(key):
            raise invalid(f"config key {key} must consist of letters, digits and _, and not begin with a digit")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in config.items())
    if size > _MOST_CONFIG_BYTES:
        raise invalid(f"config must not be larger than {_MOST_CONFIG_BYTES} bytes, and has {size}")


def check_function(function: Document) -> None:
    """Raise ServiceError 400 for a memory, a timeout, a concurrency or a configuration that no function can have."""
    memory = function["memoryInMBs"]
    if memory not in _MEMORY:
        raise invalid(f"memoryInMBs must be one of {', '.join(map(str, _MEMORY))}")
    for name, (least, most) in _SECONDS.items():
        if not least <= (function.get(name) or least) <= most:
            raise invalid(f"{name} must be between {least} and {most}")
    count, step = (
        (function.get("provisionedConcurrencyConfig") or {}).get("count", 0),
        _PROVISIONED_STEP.get(memory, 10),
    )
    if count % step:
        raise invalid(f"provisionedConcurrencyConfig.count must be a multiple of {step} with {memory} MB")
    check_config(function)
