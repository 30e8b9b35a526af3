"""The statements of policies."""

from __future__ import annotations

from typing import Any

from emulator.core.errors import invalid


def check_statements(statements: Any) -> list[str]:
    """Return a policy's statements. Raises ServiceError 400 where they are not a list of texts that are not empty."""
    if not isinstance(statements, list) or not statements:
        raise invalid("statements must be a list of policy statements")
    for statement in statements:
        if not isinstance(statement, str) or not statement.strip():
            raise invalid("a policy statement must be a text that is not empty")
    return statements
