"""The command: serve a local OCI until it is interrupted, and tell what happens."""

from __future__ import annotations

import argparse
import errno
import sys
from datetime import datetime
from pathlib import Path

from .core.journal import Entry
from .image import Image
from .interrupts import wait_for_interrupt
from .local_oci import LocalOci
from .options import Options
from .services.functions.functions import Functions

_PACKAGE = __name__.partition(".")[0]


def main() -> None:
    """Serve until SIGINT or SIGTERM. What cannot be is one sentence on standard error, and an exit code."""
    parser = _build_parser()
    arguments = parser.parse_args()
    observer = Observer()
    try:
        oci = LocalOci(_read_options(arguments, observer))
    except ValueError as error:
        parser.error(str(error))
    observer.oci = oci
    try:
        _start(oci)
        told = f"To see it: {oci.base_url}/\nTo use it: . {oci.state}/env"
        wait_for_interrupt(f"ready {oci.base_url} state {oci.state}\n{oci.environment}{told}")
    finally:
        oci.stop()


def _start(oci: LocalOci) -> None:
    options = oci.options
    try:
        oci.start()
    except OSError as error:
        host, _, port = str(error.filename).rpartition(":")
        option = "--port" if port == str(options.port) else "--second-port"
        if error.errno == errno.EADDRINUSE:
            sys.exit(f"Port {port} of {host} is taken: choose another with {option}, 0 for a free one.")
        sys.exit(f"{host}:{port} cannot be listened on: {error.strerror}")


def _build_parser() -> argparse.ArgumentParser:
    # As ``python -m``, the program is called __main__.py.
    program = f"python -m {_PACKAGE}" if Path(sys.argv[0]).name == "__main__.py" else None
    parser = argparse.ArgumentParser(prog=program, description="A local OCI for event-driven functions.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=12000, help="port to listen on, 0 for a free one (%(default)s)")
    parser.add_argument("--second-region", default="us-phoenix-1", metavar="NAME", help="%(default)s; '' for none")
    parser.add_argument("--second-port", type=int, metavar="PORT", help="where it listens (the port after --port)")
    parser.add_argument("--tls", action="store_true", help="https, too, and a proxy for Oracle's host names")
    parser.add_argument("--state", type=Path, help="folder for config file, env, keys and inbox (a temporary one)")
    function = parser.add_argument_group("the function")
    function.add_argument(
        "--function", type=Path, default=Path("func.py"), metavar="FILE", help="what holds the handler (%(default)s)"
    )
    function.add_argument(
        "--config", action="append", default=[], type=_pair, metavar="KEY=VALUE", help="a key of its configuration"
    )
    function.add_argument(
        "--image", action="append", default=[], type=_pair, metavar="NAME=FILE", help="a further function's image"
    )
    function.add_argument("--unwired", action="store_true", help="set it off by no event and no alarm of its own")
    function.add_argument("--empty", action="store_true", help="start without a function, topics and a rule")
    cloud = parser.add_argument_group("how the cloud behaves")
    cloud.add_argument("--allow", action="append", default=[], metavar="GRANT", help="e.g. 'manage instances'")
    cloud.add_argument("--deny", action="append", default=[], metavar="GRANT", help="e.g. 'manage volume-backups'")
    cloud.add_argument("--lifecycle", type=float, default=1.0, metavar="SECONDS", help="time in a state (%(default)s)")
    cloud.add_argument("--latency", type=float, default=0.0, metavar="SECONDS", help="wait of requests (%(default)s)")
    cloud.add_argument("--copies", type=int, default=1, metavar="N", help="deliver each event so often (%(default)s)")
    cloud.add_argument("--shuffle", type=float, default=0.0, metavar="SECONDS", help="and up to so late (%(default)s)")
    cloud.add_argument("--search-lag", type=float, default=0.0, metavar="SECONDS", help="lag of search (%(default)s)")
    cloud.add_argument("--strict-search", action="store_true", help="search for key and value in the same tag")
    cloud.add_argument("--page-size", type=int, default=100, metavar="N", help="resources of a page (%(default)s)")
    cloud.add_argument("--confirm", action="store_true", help="confirm subscriptions at once, as receivers would")
    parser.add_argument("--quiet", action="store_true", help="do not print what happens")
    return parser


def _pair(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise argparse.ArgumentTypeError(f"{text!r} has no name before an equals sign")
    return name, value


def _read_options(arguments: argparse.Namespace, observer: Observer) -> Options:
    return Options(
        host=arguments.host,
        port=arguments.port,
        second_region=arguments.second_region,
        second_port=arguments.second_port,
        tls=arguments.tls,
        state=arguments.state,
        image=Image(arguments.function.resolve()),
        images={name: Image(Path(file).resolve()) for name, file in arguments.image},
        config=dict(arguments.config),
        wired=not arguments.unwired,
        own_stack=not arguments.empty,
        grants=tuple(arguments.allow),
        denied=tuple(arguments.deny),
        lifecycle_seconds=arguments.lifecycle,
        latency_seconds=arguments.latency,
        event_copies=arguments.copies,
        event_shuffle_seconds=arguments.shuffle,
        search_is_loose=not arguments.strict_search,
        search_lag=arguments.search_lag,
        page_size=arguments.page_size,
        confirms_subscriptions=arguments.confirm,
        listener=None if arguments.quiet else observer.show,
    )


class Observer:
    """Prints each thing that happens, with the time and whose doing it is."""

    oci: LocalOci

    def show(self, entry: Entry) -> None:
        """Print an entry of the journal, with its region where that is another; called on the local OCI's thread."""
        when = datetime.fromtimestamp(entry.time).astimezone().strftime("%H:%M:%S.%f")[:-3]
        print(f"{when} {entry.kind:<10} {self._name_caller(entry):<20} {self._tell(entry)}", flush=True)

    def _tell(self, entry: Entry) -> str:
        home = self.oci.cloud.region.name
        region = entry.details.get("region", home)
        return entry.line if region == home else f"{entry.line}, in {region}"

    def _name_caller(self, entry: Entry) -> str:
        """Return the name of the function that did it, or `operator`, or a dash where nobody signed."""
        caller = entry.details.get("caller") or entry.details.get("function")
        function = self.oci.service(Functions).collection.documents.get(caller) if caller else None
        return str(function["displayName"] if function else entry.details.get("principal") or "-")
