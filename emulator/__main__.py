"""``python -m emulator``: serve the local OCI until it is interrupted."""

from __future__ import annotations

import argparse
from pathlib import Path

from emulator import LocalOci, Options
from emulator.core.journal import Entry
from emulator.interrupts import wait_for_interrupt


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m emulator", description="A local OCI for event-driven backups.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=12000, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--state", type=Path, help="folder for the CLI's config file and the function's principal")
    parser.add_argument(
        "--deny",
        action="append",
        default=[],
        metavar="GRANT",
        help="take from functions what a policy gives: 'manage volume-backups'",
    )
    parser.add_argument(
        "--lifecycle", type=float, default=1.0, metavar="SECONDS", help="time in each state (%(default)s)"
    )
    parser.add_argument("--copies", type=int, default=1, metavar="N", help="deliver each event so often (%(default)s)")
    parser.add_argument("--shuffle", type=float, default=0.0, metavar="SECONDS", help="and up to so late (%(default)s)")
    parser.add_argument(
        "--empty", action="store_true", help="start without the function, topics and rule of this project's own"
    )
    parser.add_argument(
        "--confirm", action="store_true", help="confirm every subscription at once, as its receiver would"
    )
    parser.add_argument("--quiet", action="store_true", help="do not print what happens")
    arguments = parser.parse_args()
    options = Options(
        host=arguments.host,
        port=arguments.port,
        state=arguments.state,
        denied=tuple(arguments.deny),
        lifecycle_seconds=arguments.lifecycle,
        event_copies=arguments.copies,
        event_shuffle_seconds=arguments.shuffle,
        own_stack=not arguments.empty,
        confirms_subscriptions=arguments.confirm,
        listener=None if arguments.quiet else show,
    )
    try:
        oci = LocalOci(options)
    except ValueError as error:
        parser.error(str(error))
    try:
        oci.start()
        wait_for_interrupt(f"ready {oci.base_url} state {oci.state}")
    finally:
        oci.stop()


def show(entry: Entry) -> None:
    print(f"{entry.kind:<10} {entry.line}", flush=True)


if __name__ == "__main__":
    main()
