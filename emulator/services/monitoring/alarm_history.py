"""What an alarm has gone through."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...core.identifiers import now
from ...core.operations import Document
from .alarm_messages import Transition

STATES, TRANSITIONS = "STATE_HISTORY", "STATE_TRANSITION_HISTORY"


@dataclass(slots=True)
class AlarmHistory:
    """The state of one alarm, and how it came there.

    Attributes:
        status: FIRING or OK.
        summary: the alarm's summary as of the last transition.
        rule_name: which of the alarm's overrides applied, BASE for none.
        triggered: when it came into its state.
        entries: by type of history, its entries, oldest first.
    """

    status: str = "OK"
    summary: str = ""
    rule_name: str = "BASE"
    triggered: str = field(default_factory=now)
    entries: dict[str, list[Document]] = field(default_factory=lambda: {STATES: [], TRANSITIONS: []})

    def record(self, transition: Transition) -> None:
        """Add a transition."""
        moment = now()
        if transition.status != self.status:
            self.triggered = moment
            self._add(TRANSITIONS, transition, f"State transitioned from {self.status} to {transition.status}", moment)
        self.status, self.summary = transition.status, transition.summary
        self.rule_name = transition.alarm["ruleName"]
        self._add(STATES, transition, f"The alarm state is {transition.status}", moment)

    def _add(self, kind: str, transition: Transition, summary: str, moment: str) -> None:
        entry = {"alarmSummary": transition.summary, "summary": summary, "timestamp": moment}
        self.entries[kind].append({**entry, "timestampTriggered": self.triggered})
