"""The function's entry point for the FDK: decode the call, carry it out, encode the answer."""

from __future__ import annotations

import gc
from io import BytesIO

from fdk.context import InvokeContext
from fdk.response import Response

from handlers.domain.delivery import Delivery
from handlers.invocation import invoke

# A cold start makes much and drops nothing: until the first answer, collecting garbage only takes time.
gc.disable()


def handler(ctx: InvokeContext, data: BytesIO) -> Response:
    """Back up the volumes that the body of this call asks for; see README.md for what it may be."""
    headers = ctx.Headers()
    answer = invoke(
        Delivery(
            body=data.getvalue(),
            call_id=ctx.CallID() or "",
            function_id=ctx.FnID() or "",
            message_id=_first(headers.get("x-oci-ns-messageid")),
            fn_deadline=ctx.Deadline(),
        )
    )
    if not gc.isenabled():
        # What a cold start has made stays, and need not be looked through again and again.
        gc.freeze()
        gc.enable()
    return Response(ctx, answer.text, {"Content-Type": "application/json"}, answer.status)


def _first(header: str | list[str] | None) -> str | None:
    """A header may come more than once, and is then a list."""
    return header[0] if isinstance(header, list) else header
