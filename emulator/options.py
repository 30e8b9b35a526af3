"""How a local OCI is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, TypedDict, Unpack

from .core.journal import Entry
from .image import Image

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Options:
    """How a local OCI is set up; times are in seconds.

    Attributes:
        host: the address to listen on.
        port: the port to listen on; 0 for a free one.
        second_region: the name of a second region, with resources of its own; empty for none.
        second_port: the port that it listens on; None for the one after `port`, or for a free one where that is 0.
        tls: also listen on further ports with https, which are then the endpoints that the function is given, and be
            a proxy that takes Oracle's own host names there.
        state: the folder for config file, keys and tokens; None for a temporary one.
        image: the image that functions run whose own is none of `images`; at first func.py in the working directory.
        images: images by the name that functions give, with registry and tag or without.
        own_stack: whether there are a function, topics, a rule and a subscription from the start.
        application: the name of the application that the function is in from the start.
        config: configuration of the function, over the TOPIC_ID and OCI_ENDPOINT that are set for it.
        grants: what the function may do in its compartment (``manage instances``), beside what backups need.
        denied: grants (``manage volume-backups``) that are taken from functions, whatever the policies say.
        wired: subscribe the function to the alarm topic and to the events that it acts on.
        lifecycle_seconds: how long a resource stays in each state on its way to the last.
        latency_seconds: how long every request waits before it is carried out.
        retry_minute_seconds: how long a minute of the retry schedule of topics lasts.
        event_retry_seconds: the wait before an event is delivered again to a function that failed, longer each time.
        event_copies: how often each event is delivered.
        event_shuffle_seconds: how late each of these deliveries may be.
        publishes_per_minute: how many messages a topic takes a minute.
        mails_per_minute: how many e-mails an address gets a minute.
        confirms_subscriptions: confirm every subscription at once, as its receiver would.
        queue_second_seconds: how long a second of queues and of the batches of service connectors lasts.
        queue_element_shape: what a message of a queue is in the batch that Connector Hub hands to a function, which the
            platform does not say: ``content`` for ``{"content": "<text>"}``, ``text`` for a JSON string, ``object`` for
            the JSON value that its content holds.
        search_is_loose: whether Resource Search lets conditions about the key and the value of a tag hold in different
            tags, which the platform does not rule out.
        search_lag: how long Resource Search does not see a change.
        page_size: how many resources a list answers at most.
        max_containers: how many containers a function has at most.
        overtime_seconds: how long a function may go on after its timeout before it is ended with 504: the platform
            allows it none, but a machine that stalls is not the function's doing.
        token_seconds: how long the session token of a resource principal is valid.
        listener: is called with every entry of the journal.
    """

    host: str = "127.0.0.1"
    port: int = 0
    second_region: str = "us-phoenix-1"
    second_port: int | None = None
    tls: bool = False
    state: Path | None = None
    image: Image = field(default_factory=lambda: Image(Path("func.py").resolve()))
    images: Mapping[str, Image] = field(default_factory=dict)
    own_stack: bool = True
    application: str = "volume-backups"
    config: Mapping[str, str | None] = field(default_factory=dict)
    grants: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    wired: bool = True
    lifecycle_seconds: float = 0.05
    latency_seconds: float = 0.0
    retry_minute_seconds: float = 60.0
    event_retry_seconds: float = 1.0
    event_copies: int = 1
    event_shuffle_seconds: float = 0.0
    publishes_per_minute: int = 60
    mails_per_minute: int = 10
    confirms_subscriptions: bool = False
    queue_second_seconds: float = 1.0
    queue_element_shape: Literal["content", "text", "object"] = "content"
    search_is_loose: bool = True
    search_lag: float = 0.0
    page_size: int = 100
    max_containers: int = 20
    overtime_seconds: float = 0.0
    token_seconds: int = 15 * 60
    listener: Callable[[Entry], None] | None = None


class OptionNames(TypedDict, total=False):
    """The options as keywords, for a type checker; `Options` tells what each does."""

    host: str
    port: int
    second_region: str
    second_port: int | None
    tls: bool
    state: Path | None
    image: Image
    images: Mapping[str, Image]
    own_stack: bool
    application: str
    config: Mapping[str, str | None]
    grants: tuple[str, ...]
    denied: tuple[str, ...]
    wired: bool
    lifecycle_seconds: float
    latency_seconds: float
    retry_minute_seconds: float
    event_retry_seconds: float
    event_copies: int
    event_shuffle_seconds: float
    publishes_per_minute: int
    mails_per_minute: int
    confirms_subscriptions: bool
    queue_second_seconds: float
    queue_element_shape: Literal["content", "text", "object"]
    search_is_loose: bool
    search_lag: float
    page_size: int
    max_containers: int
    overtime_seconds: float
    token_seconds: int
    listener: Callable[[Entry], None] | None


def read_options(**options: Unpack[OptionNames]) -> Options:
    """Return options from keywords. Raises TypeError where one does not exist."""
    known = [entry.name for entry in fields(Options)]
    for name in options:
        if name not in known:
            raise TypeError(f"there is no option {name!r}; there are: {', '.join(known)}")
    return Options(**options)
