"""What all resources of Block Volume have in common: the source and the names of their events."""

from __future__ import annotations

from ...core.resources import Resources


class BlockResources(Resources):
    """Their events are named after the type: createvolume.end, updatebootvolume, and so on."""

    event_source = "BlockVolumes"
    event_prefix = "blockvolumes"
