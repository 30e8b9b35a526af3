"""What needs a person becomes one mail in plain text, for ALERT_TOPIC_ID.

For each cause it says what happened to which resources, why, what to do, and whether anything will try again; at the
end stands the line that sends all of it again by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from handlers.domain.delivery import Carrier, Delivery
from handlers.domain.errors import ApiError, FunctionError, GivenUp
from handlers.domain.result import Finding, Result
from handlers.domain.trigger import Trigger
from handlers.domain.untrusted import one_line
from handlers.output.cloud_events import is_worth_telling
from handlers.output.messages import Message
from handlers.output.send_again import describe_sending_again, is_to_back_up, source_of, type_of
from handlers.output.titles import count_by_state, fit_title, name_and_more, name_of, rank_of, state_of

_MAX_NAMED, _MAX_UNPROTECTED_NAMED = 10, 200
_MAX_CAUSES = 10
_MAX_SENTENCE = 2000  # the five statements for a volume group's backup, with long OCIDs, are 1,200
# Notifications takes 64 KB, with the title and with JSON's escapes of quotes and line ends.
_MAX_BYTES = 60_000
_NOUNS = {
    "volume": "volume",
    "bootvolume": "boot volume",
    "volumegroup": "volume group",
    "instance": "instance",
    "volumebackup": "backup",
    "bootvolumebackup": "boot volume backup",
    "volumegroupbackup": "volume group backup",
}
_SUBJECTS = {
    "copy failed": "not copied",
    "failed": "failed",
    "FAULTY": "FAULTY",
    "unprotected": "unprotected",
    "unconfirmed": "unconfirmed",
    "skipped": "not made",
}


class Cause(NamedTuple):
    """Results with one and the same thing to say about them, at least one."""

    state: str
    results: list[Result]

    @property
    def first(self) -> Result:
        return self.results[0]

    @property
    def number(self) -> int:
        return sum(result.stands_for for result in self.results)


def write_alert(results: Sequence[Result], publish_error: FunctionError | None, delivery: Delivery) -> Message:
    """Return the mail about those of `results` that concern people, and about what could not be published."""
    concerning = sorted((result for result in results if result.concerns_people), key=rank_of)
    causes = _group_by_cause(concerning)
    parts = [_describe(cause, results, delivery) for cause in causes[:_MAX_CAUSES]]
    if len(causes) > _MAX_CAUSES:
        parts.append(f"There are {len(causes) - _MAX_CAUSES} causes more, which stand in the function's log.")
    if publish_error is not None:
        parts.append(_describe_publish_error(publish_error, results, delivery))
    parts.append(describe_sending_again(concerning, delivery))
    parts.append(f"-- \nFunction {delivery.function_id}\nCall {delivery.call_id}, under which its log has the details")
    return Message(_write_subject(concerning), _fit("\n\n\n".join(filter(None, parts)) + "\n"))


def _write_subject(concerning: Sequence[Result]) -> str:
    if not concerning:
        return "Backup results could not be published"
    counts = count_by_state(concerning)
    worst, number = next(iter(counts.items()))
    first = [result for result in concerning if state_of(result) == worst]
    named = name_and_more(first, number).removeprefix("report on ")
    if len(counts) == 1:
        state = "without a copy" if all(map(_is_uncopied, first)) else _SUBJECTS.get(worst, worst)
        return fit_title(f"{_count_nouns(first, number)} {state}: {named}")
    states = ", ".join(f"{count} {_SUBJECTS.get(state, state)}" for state, count in counts.items())
    return fit_title(f"{_noun_of_subject(first).capitalize()}s: {states}: {named}")


def _count_nouns(results: Sequence[Result], number: int) -> str:
    """How many of what, at the beginning of a sentence: `Backup`, `2 backups`, `3 volumes`."""
    noun = _noun_of_subject(results)
    if number == 1:
        return noun.capitalize()
    return f"{number} {_plural_noun(results) if results[0].finding else f'{noun}s'}"


def _noun_of_subject(results: Sequence[Result]) -> str:
    """What the worst results are about: mostly a backup."""
    if results[0].finding:
        return _noun(results[0])
    return "report" if results[0].trigger.kind == "report" else "backup"


def _is_uncopied(result: Result) -> bool:
    return result.finding is not None and result.finding.uncopied_to is not None


def _group_by_cause(concerning: Iterable[Result]) -> list[Cause]:
    causes: dict[tuple[str | None, ...], Cause] = {}
    for result in concerning:
        state, error = state_of(result), result.error
        # Message and hint name the resource: without it, the same refusal of many is one cause.
        message = error.message.replace(result.resource_id or "\0", "") if error else result.reason
        if result.finding:  # one report is one cause, though every resource has a newest backup of its own
            message = f"{result.trigger.id} {result.finding.uncopied_to}"
        hint = _hint_about(result, "")
        key = (state, error.code if error else None, message, hint, str(result.resource_id is None))
        causes.setdefault(key, Cause(state, [])).results.append(result)
    return list(causes.values())


def _describe(cause: Cause, results: Sequence[Result], delivery: Delivery) -> str:
    """One paragraph for each question, in the order in which a reader asks them."""
    paragraphs = [
        _tell_what_happened(cause, results),
        _list_resources(cause),
        _tell_why(cause),
        _tell_what_to_do(cause),
        _tell_who_tries_again(cause, delivery.carrier),
    ]
    return "\n\n".join(filter(None, paragraphs))


def _tell_what_happened(cause: Cause, results: Sequence[Result]) -> str:
    first, one = cause.first, cause.number == 1
    if cause.state == "FAULTY":
        which = f"The {_noun(first)} {name_of(first)} has" if one else f"{cause.number} backups have"
        return f"{which} ended FAULTY: nothing can be restored from {'it' if one else 'them'}."
    if first.is_copy:
        return _tell_of_copy(cause)
    if cause.state == "unconfirmed":
        which = f"The {_noun(first)} {name_of(first)} has" if one else f"{cause.number} backups have"
        return f"{which} ended, but the function could not read how."
    if first.finding:
        return _tell_what_was_found(first.finding, cause.number)
    if not _names_resource(first):
        return _tell_of_no_resource(cause, results)
    if one:
        which = f"The {_noun(first)} {name_of(first)}"
        volumes = "The volumes of the instance " + name_of(first)
        done = f"{volumes} were not backed up" if type_of(first) == "instance" else f"{which} was not backed up"
    else:
        of = sum(result.stands_for for result in results if is_to_back_up(result))
        number = f"{cause.number} of {of}" if of > cause.number else f"{cause.number}"
        done = f"{number} {_plural_noun(cause.results)} were not backed up"
    return f"{done}. {_tell_who_asked(cause)}"


def _tell_of_copy(cause: Cause) -> str:
    """A copy could not be asked for, or is FAULTY; or it was asked for, and nobody knows whether it has ended."""
    name, one = name_of(cause.first), cause.number == 1
    kept = "The backup itself is" if one else "The backups themselves are"
    if cause.state == "unconfirmed":
        which = (
            f"the copy {name} in the second region has" if one else f"{cause.number} copies in the second region have"
        )
        told = f"Whether {which} ended is not known."
    else:
        which = f"The {_noun(cause.first)} {name} was" if one else f"{cause.number} backups were"
        told = f"{which} not copied to the second region."
    return f"{told} {kept} there, in the first one."


def _tell_what_was_found(finding: Finding, number: int) -> str:
    which = f"{number} of {finding.looked_at} {finding.selection}"
    if finding.uncopied_to:
        have = "has a fresh backup" if number == 1 else "have fresh backups"
        return f"{which} {have} without a copy in {finding.uncopied_to}."
    have = "has" if number == 1 else "have"
    return f"{which} {have} no backup that is AVAILABLE and younger than {finding.max_age_hours:g} hours."


def _tell_of_no_resource(cause: Cause, results: Sequence[Result]) -> str:
    """A trigger of which no resource came: it may still have had others, which are backed up."""
    trigger, number = cause.first.trigger, cause.number
    if number > 1:
        return f"{number} items of a batch could not be used, so nothing was backed up for them."
    begun = any(other.trigger.id == trigger.id and _names_resource(other) for other in results)
    if trigger.kind in {"alarm", "select"}:
        return f"{_name_trigger(trigger)} was {'only carried out in part' if begun else 'followed by no backup'}."
    if trigger.kind == "report":
        return f"{_name_trigger(trigger)} was {'made only in part' if begun else 'not made'}."
    return f"{_name_trigger(trigger)} could not be used, so nothing was backed up."


def _names_resource(result: Result) -> bool:
    """Whether a result is about a volume, an instance or a backup: an alarm is only what asks for one."""
    return result.resource_id is not None and type_of(result) != "alarm"


def _tell_who_asked(cause: Cause) -> str:
    triggers = list({result.trigger.id: result.trigger for result in cause.results}.values())
    it = "it" if cause.number == 1 else "them"
    if len(triggers) > 1:
        return (
            f"They were asked for by {len(triggers)} different triggers, the first of which is {_lower(triggers[0])}."
        )
    return f"{_name_trigger(triggers[0])} had asked for {it}."


def _lower(trigger: Trigger) -> str:
    name = _name_trigger(trigger)
    return name[0].lower() + name[1:]


def _name_trigger(trigger: Trigger) -> str:
    at = f" of {_readable(trigger.time)}" if trigger.time else ""
    if trigger.kind == "alarm":
        return f'The alarm "{trigger.title}"{at}' if trigger.title else f"An alarm{at}"
    if trigger.kind in {"event", "audit"}:
        return f"The event {trigger.type}{at}"
    if trigger.kind == "select":
        return f"The selection of all {trigger.title}"
    if trigger.kind == "report":
        return f"The {trigger.title}"
    return {"batch": "An item of a batch"}.get(trigger.kind, f"The {trigger.kind} {trigger.id}") + at


def _readable(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _list_resources(cause: Cause) -> str:
    """The resources by name, their OCIDs after; the backup's volume where a backup is told of."""
    named = [result for result in cause.results if result.resource_id]
    most = _MAX_UNPROTECTED_NAMED if cause.first.finding else _MAX_NAMED
    lines = []
    for result in named[:most]:
        name = one_line(name_of(result), 100)
        lines.append(f"    {result.resource_id if name == result.resource_id else f'{name}  {result.resource_id}'}")
        source = source_of(result)
        if source:
            lines.append(f"        of {source[1]}")
        if result.finding:
            lines.append(f"        {_newest_backup(result.finding)}")
    if len(named) > most:
        lines.append(f"    and {len(named) - most} more, which stand in the function's log")
    return "\n".join(lines)


def _newest_backup(finding: Finding) -> str:
    if finding.newest_time is None:
        return "no backup of it is AVAILABLE"
    return f"newest backup that is AVAILABLE: {_readable(finding.newest_time)}, {finding.newest_id}"


def _tell_why(cause: Cause) -> str:
    error, number = cause.first.error, cause.number
    if cause.first.finding:
        return ""
    if error is None:
        return f"Why: {_sentence(cause.first.reason)}" if cause.first.reason else ""
    of = "" if number == 1 else "of the first "
    request = error.opc_request_id or cause.first.opc_request_id
    said = (
        f"OCI answered {error.status} {error.code}: {_quote(error.message)}"
        if isinstance(error, ApiError)
        else f"{error.message.removesuffix('.')} ({error.code})."
    )
    asked = f" The opc-request-id {of}is {request}, which Oracle's support asks for." if request else ""
    return f"Why: {said}{asked}"


def _tell_what_to_do(cause: Cause) -> str:
    # What many have to do with is said of all: the hint names the first.
    hint = _hint_about(cause.first, "each of them") if cause.number > 1 else _hint_of(cause.first)
    if hint:
        return f"What to do: {_sentence(hint)}"
    if cause.state == "FAULTY":
        return "What to do: Make another backup, with the command below. If that ends FAULTY too, ask Oracle's support."
    if cause.first.error and cause.first.error.code == "InvalidRequest":
        return "What to do: Correct it and send it again. As it stands, it can never be carried out."
    return ""


def _tell_who_tries_again(cause: Cause, carrier: Carrier) -> str:
    """Honestly: what the platform's documents promise, and no more."""
    error = cause.first.error
    if _is_uncopied(cause.first):
        return "Nothing copies this by itself; the next backup that the function makes is copied when it has ended."
    if cause.state in {"FAULTY", "unprotected"}:
        return "Nothing makes another backup by itself before the next event, alarm, selection or request."
    if error is None:
        return (
            "Nothing will try this again by itself; the next event, alarm, selection or request is acted on as usual."
        )
    if isinstance(error, GivenUp):
        return "Nothing will try this again by itself: with this, it has left the queue."
    if not error.retryable:
        return "Nothing will try this again by itself: until that is done, the answer would be the same."
    return _tell_who_delivers_again(cause.first.trigger, carrier)


def _tell_who_delivers_again(trigger: Trigger, carrier: Carrier) -> str:
    if carrier is Carrier.CONNECTOR_HUB:
        return (
            "Connector Hub delivers the whole batch again until the function answers 200, so this may mend itself. "
            "What is done already is not done twice."
        )
    if carrier is Carrier.TOPIC:
        return (
            "Nothing will try this again by itself: a Notifications topic hands a message to the function once, "
            "and does not look at what becomes of it."
        )
    if trigger.kind in {"request", "select", "report"}:
        return "Nothing will try this again unless whoever called the function does; a schedule does not."
    return (
        "Do not count on another try: Events delivers again when the function could not be started, "
        "and Oracle does not say that it does after a failure."
    )


def _describe_publish_error(error: FunctionError, results: Sequence[Result], delivery: Delivery) -> str:
    untold = sum(is_worth_telling(result) and not result.notified for result in results)
    told, them = (f"{untold} results", "them") if untold != 1 else ("One result", "it")
    again = (
        "Connector Hub delivers the batch again, and all of it is then published again."
        if error.retryable and delivery.carrier is Carrier.CONNECTOR_HUB
        else "Nothing publishes this again by itself; the same trigger sent again does, and makes no second backup."
    )
    paragraphs = [
        f"{told} of this call could not be published to every topic of TOPIC_ID; subscribers may not know of {them}.",
        "What was made is not touched by that; it stands in the function's answer and log.",
        f"Why: {_sentence(error.message)}",
        f"What to do: {_sentence(error.hint)}" if error.hint else "",
        again,
    ]
    return "\n\n".join(filter(None, paragraphs))


def _noun(result: Result) -> str:
    return _NOUNS.get(type_of(result), "resource")


def _plural_noun(results: Sequence[Result]) -> str:
    nouns = {_noun(result) for result in results}
    if nouns == {"volume", "boot volume"}:
        return "volumes"
    return f"{nouns.pop()}s" if len(nouns) == 1 else "resources"


def _hint_of(result: Result) -> str | None:
    return result.error.hint if result.error else result.hint


def _hint_about(result: Result, name: str) -> str | None:
    """What is to be done, with another name for the resource."""
    hint = _hint_of(result)
    return hint.replace(result.resource_id, name) if hint and result.resource_id else hint


def _quote(text: str) -> str:
    return f'"{text}"' if text.endswith((".", "!", "?", ".)")) else f'"{text}".'


def _sentence(text: str) -> str:
    """`text` on one line, with a period at its end."""
    text = one_line(text, _MAX_SENTENCE).strip()
    return text if text.endswith((".", "!", "?", "…", '"', ".'")) else f"{text}."


def _fit(text: str) -> str:
    """Return text that every topic takes; only a great many long names can make it so long that it is cut."""
    text, whole = text.encode("utf-8", "replace").decode(), True
    while len(json.dumps(text, ensure_ascii=False).encode()) > _MAX_BYTES:
        text, whole = text[: len(text) * 9 // 10], False
    return text if whole else f"{text}…\n\nThe rest was too long for a mail; it stands in the function's log.\n"
