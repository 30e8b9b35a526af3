"""Base URLs that take the place of the services' endpoints: those of the local OCI, where a region has its own port."""

from __future__ import annotations

import re
from typing import NamedTuple

_URL = re.compile(r"https?://[A-Za-z0-9_.-]+(:\d{1,5})?/?")
_REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d+")


class BaseUrls(NamedTuple):
    """One base URL for all services in all regions, and those of the regions that have one of their own.

    Attributes:
        default: scheme and host, without a slash at the end.
        own: pairs of a region's name and its base URL.
    """

    default: str
    own: tuple[tuple[str, str], ...] = ()

    def of_region(self, region: str) -> str:
        """Return the base URL of a region's services."""
        return dict(self.own).get(region, self.default)

    @property
    def are_plain(self) -> bool:
        """Whether none of them needs TLS."""
        return all(url.startswith("http:") for url in (self.default, *dict(self.own).values()))


def parse_base_urls(text: str) -> BaseUrls:
    """Return what `URL` or `URL,region=URL` says. Raises ValueError."""
    default, *others = (part.strip() for part in text.split(","))
    own = []
    for other in others:
        region, _, url = other.partition("=")
        if not _REGION.fullmatch(region):
            raise ValueError(f"'{other}' is not a region and its base URL like eu-frankfurt-1=http://127.0.0.1:12001")
        own.append((region, _checked(url)))
    return BaseUrls(_checked(default), tuple(own))


def _checked(url: str) -> str:
    if not _URL.fullmatch(url):
        raise ValueError(f"'{url}' is not a base URL like http://127.0.0.1:12000")
    return url.rstrip("/")
