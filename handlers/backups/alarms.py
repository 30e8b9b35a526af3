"""An alarm that names no resource: its own free-form tag may name a selection.

Only who may change the alarm can set that tag. A message that anybody publishes to the topic is held to selections that
somebody put on a real alarm.
"""

from __future__ import annotations

from collections.abc import Sequence

from handlers.domain.errors import ApiError
from handlers.domain.operations import GET_ALARM
from handlers.domain.result import Result, skipped
from handlers.domain.search import Search
from handlers.domain.selection import Selection, TagCondition
from handlers.domain.tags import TagName, tag_value, tags_of
from handlers.domain.trigger import Target
from handlers.domain.untrusted import mapping, one_line, short_text
from handlers.oci.client import OciApi
from handlers.settings import Settings


def selection_of(target: Target, api: OciApi, settings: Settings) -> Sequence[Search | Result]:
    """Return the selection that an alarm's tag names (GetAlarm), or the skip that says which tag to put where.

    Raises what `OciApi.send` raises.
    """
    try:
        alarm = mapping(api.send(GET_ALARM, target.resource).document)
    except ApiError as error:
        why = (
            "The alarm names no volume or instance, so the function reads what to back up from the alarm's own tag "
            f"{settings.alarm_select_tag}."
        )
        raise error.with_message(error.message, f"{why} {error.hint or ''}".strip()) from error
    name = short_text(alarm.get("displayName")) or target.name
    value = tag_value(tags_of(alarm), settings.alarm_select_tag)
    try:
        condition = _read_condition(value)
    except ValueError as error:
        return [skip_alarm(target, name, error, settings.alarm_select_tag)]
    if condition is None:
        return [skip_alarm(target, name, None, settings.alarm_select_tag)]
    return [Search(target.trigger, Selection(condition), None, target.tag_required, target.deferral)]


def _read_condition(value: object) -> TagCondition | None:
    """Return what `key`, `key=value` or `namespace.key=value` means. Raises ValueError."""
    if value is None or value == "":
        return None
    key, equals, wanted = str(value).strip().partition("=")
    if equals and not wanted.strip():
        raise ValueError(f"'{one_line(str(value), 100)}' has no value after the equals sign")
    return TagCondition(TagName.of(key.strip()), wanted.strip() if equals else None)


def skip_alarm(target: Target, name: str | None, wrong: ValueError | None, tag: TagName) -> Result:
    """Return the skip of an alarm without a selection: its tag is not there, or says what is `wrong`."""
    why = f"its free-form tag {tag} cannot be understood: {wrong}" if wrong else f"has no free-form tag {tag}"
    hint = (
        f"Set the free-form tag {tag} on the alarm, and when it fires next, the volumes are backed up that its value "
        "names by their own tag, here app=shop: oci monitoring alarm update --alarm-id "
        f'{target.resource.text} --freeform-tags \'{{"{tag}": "app=shop"}}\' (which replaces its other free-form '
        'tags). To back them up now, invoke the function with {"select": {"tag": "app", "value": "shop"}}. Or let the '
        "alarm's query name volumes or instances, in the dimension resourceId. If the alarm is to save nothing, take "
        "the function's topic from it."
    )
    return skipped(
        target.trigger,
        one_line(f"the alarm names no volume or instance, and {why}"),
        target.resource.text,
        resource_name=name,
        needs_person=True,
        hint=hint,
    )
