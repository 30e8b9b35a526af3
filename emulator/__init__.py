"""A local OCI: what event-driven backups need of Oracle Cloud, in one process, with checked signatures.

``python -m emulator`` serves it; ``with local_oci() as oci`` is the same inside a test. See README.md.
"""

from emulator.core.errors import ServiceError
from emulator.image import Image
from emulator.local_oci import LocalOci, local_oci
from emulator.options import Options

__all__ = ["Image", "LocalOci", "Options", "ServiceError", "local_oci"]
