"""What is done with a target depends on what it names: a backup that ended, an instance, or something to back up."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.backups.back_up import back_up
from handlers.backups.completions import complete, is_completion
from handlers.backups.instances import volumes_of
from handlers.domain.result import Result
from handlers.domain.trigger import Target
from handlers.oci.client import OciApi
from handlers.settings import Settings
from handlers.workers import Workers


def handle_target(target: Target, api: OciApi, workers: Workers, settings: Settings) -> Sequence[Target | Result]:
    """Return the target's result, or the targets that it stands for. Raises FunctionError."""
    if is_completion(target):
        return [complete(target, api)]
    if target.resource.resource_type == "instance":
        return volumes_of(target, api, workers)
    return [back_up(target, api, settings)]
