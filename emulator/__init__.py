"""A local OCI: what event-driven functions need of Oracle Cloud, in one process, with checked signatures.

``python -m emulator`` serves it; ``with local_oci() as oci`` is the same inside a test. See README.md.
"""

import sys

try:
    from .core.errors import ServiceError
    from .estate import Estate
    from .image import Image
    from .local_oci import LocalOci, local_oci
    from .options import OptionNames, Options
except ModuleNotFoundError as error:
    # This is what sys.argv holds while ``python -m`` looks for what it was asked to run: a person reads what comes.
    if sys.argv[0] == "-m":
        sys.exit(
            f"{__name__} needs the package {error.name}, which {sys.executable} does not have: "
            "run it with .venv/bin/python after `make`, or install it with `pip install ./emulator`."
        )
    raise

__all__ = ["Estate", "Image", "LocalOci", "OptionNames", "Options", "ServiceError", "local_oci"]
