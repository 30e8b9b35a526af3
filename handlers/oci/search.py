"""Finding resources of the whole tenancy by their tags (SearchResources). What it finds may be too much, or old.

The service is an index: it lags behind, and whether a tag's key and value must stand in the same tag is not documented.
So its answer only narrows down what is looked at. It tells what the function may inspect, and not what it may not.
https://docs.oracle.com/en-us/iaas/api/#/en/search/20180409/
https://docs.oracle.com/en-us/iaas/Content/Search/Concepts/querysyntax.htm
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from handlers.domain.operations import SEARCH_RESOURCES
from handlers.domain.selection import TagCondition
from handlers.oci.client import OciApi

_PAGE = 1000  # the most that the service takes
# What cannot end a quoted text of a query. Anything else is left out of it: the tags that come back are checked anyway.
_PLAIN = re.compile(r"[^'\"\\\x00-\x1f]+")


def find_tagged(resource_types: Sequence[str], condition: TagCondition, api: OciApi) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of the resources that may carry the tag. Raises what `OciApi.list_pages` raises."""
    return _search(build_query(resource_types, condition), api)


def find_compartments(api: OciApi) -> Iterator[list[dict[str, Any]]]:
    """Yield pages of the compartments, each with its parent's OCID as `compartmentId`. Raises as above."""
    return _search("query compartment resources", api)


def build_query(resource_types: Sequence[str], condition: TagCondition) -> str:
    """Return the query for resources that may carry a tag."""
    name, kind = condition.name, "definedTags" if condition.name.namespace else "freeformTags"
    wanted = {f"{kind}.namespace": name.namespace, f"{kind}.key": name.key, f"{kind}.value": condition.value}
    clauses = [f"{field} = '{text}'" for field, text in wanted.items() if text and _PLAIN.fullmatch(text)]
    where = f" where ({' && '.join(clauses)})" if clauses else ""
    return f"query {', '.join(resource_types)} resources{where}"


def _search(query: str, api: OciApi) -> Iterator[list[dict[str, Any]]]:
    body = json.dumps({"type": "Structured", "query": query, "matchingContextType": "NONE"}).encode()
    return api.list_pages(SEARCH_RESOURCES, None, {"limit": _PAGE}, body=body)
