"""The ``oci`` command for each line of arguments that comes in, in a process forked from this one, which imported it.

To import it takes more than a second, a call a tenth of one. The arguments of this program are the groups of commands
to have ready; the command itself would import only the one that it is called with.
"""

from __future__ import annotations

import gc
import json
import os
import sys

from oci_cli import dynamic_loader
from oci_cli.cli import cli

for group in sys.argv[1:]:
    dynamic_loader.load_service(group)
gc.freeze()  # or each process would look through all that was imported, at its end at the latest
for line in sys.stdin:
    arguments, *files = json.loads(line)
    child = os.fork()
    if not child:
        for descriptor, file in enumerate(files, start=1):
            os.dup2(os.open(file, os.O_WRONLY), descriptor)
        sys.argv = ["oci", *arguments]
        sys.exit(cli())
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201  (a program whose output is its answer)
