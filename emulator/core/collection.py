"""A service's resources of one type: kept in memory, with etags, retry tokens, filters, sorting and pages."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .errors import (
    invalid,
    invalidated_retry_token,
    malformed,
    missing,
    no_etag_match,
    not_found,
)
from .identifiers import HOME, Region, new_ocid, now, resource_type
from .operations import Call, Document, Reply

_TOKEN_SECONDS = 24 * 3600
_GONE = frozenset({"TERMINATED", "DELETED"})
# Services spell the values of `sortBy` in their own ways: DISPLAYNAME, displayName, DISPLAY_NAME.
_SORT_FIELDS = {name.upper(): name for name in ("displayName", "id", "name", "severity", "timeCreated")}


class Collection:
    """Documents by OCID, all of one `resource_type`.

    `on_change` is called with the OCID of a document that is new or has changed, and with the document, or None where
    it is discarded.
    """

    def __init__(
        self,
        resource_type: str,
        *,
        page_size: int = 100,
        region: Region | None = HOME,
        on_change: Callable[[str, Document | None], None] = lambda _ocid, _document: None,
    ) -> None:
        self.resource_type = resource_type
        self.documents: dict[str, Document] = {}
        self._page_size = page_size
        self._region = region
        self._on_change = on_change
        self._etags: dict[str, str] = {}
        self._tokens: dict[str, tuple[float, str, str]] = {}

    def add(self, document: Document, *, ocid: str | None = None) -> Document:
        """Keep a new document under a fresh OCID (or this one) and return it."""
        document["id"] = ocid or new_ocid(self.resource_type, self._region)
        self.documents[document["id"]] = document
        self.touch(document)
        return document

    def touch(self, document: Document) -> None:
        """Give a document that has changed another etag, and tell of the change."""
        self._etags[document["id"]] = secrets.token_hex(8)
        self._on_change(document["id"], document)

    def discard(self, document: Document) -> None:
        """Forget a document."""
        del self.documents[document["id"]]
        del self._etags[document["id"]]
        self._on_change(document["id"], None)

    def from_path(self, call: Call, parameter: str) -> Document:
        """Return the document that a path names. Raises ServiceError 400 or 404."""
        return self.get(call.ocid(parameter, self.resource_type))

    def get(self, ocid: str) -> Document:
        """Return the document of this OCID. Raises ServiceError 404."""
        if ocid not in self.documents:
            raise not_found()
        return self.documents[ocid]

    def find(self, **fields: object) -> Document | None:
        """Return a document whose fields have these values, or None."""
        for document in self.documents.values():
            if all(document.get(name) == value for name, value in fields.items()):
                return document
        return None

    def from_body(self, details: Document, parameter: str) -> Document:
        """Return the document that a field of a request's body names. Raises ServiceError 400 or 404."""
        ocid = details.get(parameter)
        if not ocid:
            raise missing(parameter)
        if not isinstance(ocid, str) or resource_type(ocid) != self.resource_type:
            raise malformed(parameter)
        document = self.get(ocid)
        if document.get("lifecycleState") in _GONE:
            raise not_found()
        return document

    def check_etag(self, call: Call, document: Document) -> None:
        """Raise ServiceError 412 where the request's ``if-match`` is not the document's etag."""
        expected = call.headers.get("if-match")
        if expected and expected != self._etags[document["id"]]:
            raise no_etag_match()

    def with_etag(self, document: Document) -> Document:
        """Return the document as services show it that have the etag in the resource, too."""
        return {**document, "etag": self._etags[document["id"]]}

    def reply(self, document: Document, status: int = 200) -> Reply:
        """Return an answer that holds the document, with its etag."""
        return Reply(document, status, headers={"etag": self._etags[document["id"]]})

    def replayed(self, call: Call) -> Document | None:
        """Return what a request with the same ``opc-retry-token`` created within the last 24 hours, or None.

        Raises ServiceError 409 InvalidatedRetryToken where that was deleted since, and 400 where the earlier request
        was another one, by its body or its path: OCI does not say what it does then, and whoever sends it has a defect.
        """
        token = call.headers.get("opc-retry-token")
        if token is None:
            return None
        if not 1 <= len(token) <= 64:
            raise invalid("opc-retry-token size must be between 1 and 64")
        until, ocid, digest = self._tokens.get(token, (0.0, "", ""))
        if until < time.time():
            return None
        if digest != _digest(call):
            raise invalid("opc-retry-token was used with a different request")
        document = self.documents.get(ocid)
        if document is None or document.get("lifecycleState") in {"TERMINATING", "DELETING", *_GONE}:
            raise invalidated_retry_token()
        return document

    def remember_token(self, call: Call, document: Document) -> None:
        """Record which document this ``opc-retry-token`` created."""
        token = call.headers.get("opc-retry-token")
        if token is not None:
            self._tokens[token] = (time.time() + _TOKEN_SECONDS, document["id"], _digest(call))

    def create(self, call: Call, add: Callable[[Document], Document]) -> Reply:
        """Answer with what `add` makes of the body, or what the same retry token created. Raises ServiceError."""
        document = self.replayed(call)
        if document is None:
            document = add(call.body)
            self.remember_token(call, document)
        return self.reply(document)

    def select(self, call: Call, *filters: str) -> list[Document]:
        """Return, in the query's order, the documents whose fields have the values that it gives for `filters`."""
        values = {name: call.query[name] for name in filters if call.query.get(name)}
        return _sorted([document for document in self.documents.values() if _matches(document, values)], call)

    def page(self, call: Call, *filters: str) -> Reply:
        """Return one page of the documents that the query selects."""
        return page_of(self.select(call, *filters), call, self._page_size)


def page_of(documents: Iterable[Any], call: Call, page_size: int) -> Reply:
    """Return the part of a list that the query's `limit` and `page` ask for, and where the next part begins."""
    everything = list(documents)
    limit, start = call.query.get("limit", str(page_size)), call.query.get("page", "0")
    if not limit.isdigit() or not 1 <= int(limit) <= 1000:
        raise invalid("limit must be between 1 and 1000")
    if not start.isdigit():
        raise malformed("page")
    end = int(start) + min(int(limit), page_size)
    headers = {"opc-next-page": str(end)} if end < len(everything) else {}
    return Reply(everything[int(start) : end], headers=headers)


def _digest(call: Call) -> str:
    """Return what tells one request with a retry token from another."""
    return hashlib.sha256(json.dumps(dict(call.path)).encode() + call.content).hexdigest()


def _matches(document: Document, values: Mapping[str, str]) -> bool:
    return all(str(document.get(name, "")).lower() == value.lower() for name, value in values.items())


def _sorted(documents: list[Document], call: Call) -> list[Document]:
    """In the order they were made in, unless the query says otherwise; TIMECREATED alone begins with the newest."""
    by = call.query.get("sortBy", "").replace("_", "").upper()
    ascending = call.query.get("sortOrder", "DESC" if by == "TIMECREATED" else "ASC").upper() == "ASC"
    field = _SORT_FIELDS.get(by, "timeCreated")
    in_order = documents if ascending else documents[::-1]
    return sorted(in_order, key=lambda document: str(document.get(field) or now()), reverse=not ascending)


def collected(page: Reply, *fields: str) -> Reply:
    """Return a page of documents as a collection of their summaries: an object with `items`, each with these fields."""
    items = [{name: document[name] for name in fields if name in document} for document in page.document]
    return Reply({"items": items}, headers=page.headers)


def require(details: Document, *names: str) -> None:
    """Raise ServiceError 400 for the first of these fields that is missing or empty; false and 0 are values."""
    for name in names:
        if details.get(name) in (None, "", [], {}):
            raise missing(name)


def tagged(details: Document) -> Document:
    """Return the tag fields of a new resource."""
    return {"definedTags": details.get("definedTags") or {}, "freeformTags": details.get("freeformTags") or {}}


def located(region: Region, compartment_id: str) -> Document:
    """Return the fields that say where a resource is."""
    return {"availabilityDomain": region.availability_domain, "compartmentId": compartment_id}


def display_name(details: Document, default: str) -> str:
    """Return the name of a new resource. Raises ServiceError 400 where it is empty or too long."""
    check_display_name(details)
    name = details.get("displayName")
    return default if name is None else str(name)


def check_display_name(details: Document) -> None:
    """Raise ServiceError 400 where a name is given that is empty or too long."""
    name = details.get("displayName")
    if name is not None and (not isinstance(name, str) or not 1 <= len(name) <= 255):
        raise invalid("displayName size must be between 1 and 255")


def check_fields(details: Document, *known: str) -> None:
    """Raise ServiceError 400 for a field that the operation does not have, as the API does."""
    for name in details:
        if name not in known:
            raise invalid(f"Unrecognized field: {name}")


def check_tags(details: Document) -> None:
    """Raise ServiceError 400 beyond 10 free-form or 64 defined tags, and for what are no tags."""
    for name in ("freeformTags", "definedTags"):
        if not isinstance(details.get(name) or {}, dict):
            raise malformed(name)
    if not all(isinstance(keys, dict) for keys in (details.get("definedTags") or {}).values()):
        raise malformed("definedTags")
    if len(details.get("freeformTags") or {}) > 10:
        raise invalid("freeformTags size must be between 0 and 10")
    if sum(map(len, (details.get("definedTags") or {}).values())) > 64:
        raise invalid("definedTags size must be between 0 and 64")
