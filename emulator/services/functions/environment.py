"""The environment of a function's process, as the platform gives it.

https://docs.oracle.com/en-us/iaas/Content/Functions/Tasks/functionspassingparams.htm
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from ...core.operations import Document
from ...image import Image

_INHERITED = ("PATH", "LANG", "TMPDIR")


def build_environment(
    application: Document, function: Document, image: Image, principal: Mapping[str, str]
) -> dict[str, str]:
    """Return the configuration beside what image and platform set.

    Of this process's own environment there is nothing but where programs and temporary files are.
    """
    return {
        **{name: os.environ[name] for name in _INHERITED if name in os.environ},
        **image.environment,
        "PYTHONPATH": os.pathsep.join(str(path) for path in (image.function_file.parent, *image.libraries)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "FN_APP_ID": application["id"],
        "FN_APP_NAME": application["displayName"],
        "FN_FN_ID": function["id"],
        "FN_FN_NAME": function["displayName"],
        "FN_MEMORY": str(function["memoryInMBs"]),
        "FN_CPUS": "100m",
        "FN_TYPE": "sync",
        **principal,
        **merge_config(application, function),
    }


def merge_config(application: Document, function: Document) -> dict[str, str]:
    """Return the configuration of the application and, over it, that of the function."""
    return {**application["config"], **function["config"]}
