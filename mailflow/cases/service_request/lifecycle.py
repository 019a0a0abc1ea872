"""The states of a service request (SR7). `after` names the states that a state may follow; '' is birth."""

from mailflow.policy.lifecycle import Lifecycle, State

OPEN = ("new", "awaiting information", "accepted", "in progress", "awaiting customer")

LIFECYCLE = Lifecycle(
    kind="service_request",
    states=(
        State("new", after=("", "awaiting information")),
        State("awaiting information", after=("", "new")),
        State("accepted", after=("", "new", "awaiting information")),
        State("in progress", after=("new", "awaiting information", "accepted", "awaiting customer", "resolved", "closed")),
        State("awaiting customer", after=("new", "awaiting information", "accepted", "in progress")),
        State("resolved", after=OPEN),
        State("closed", after=(*OPEN, "resolved"), closed=True),
    ),
)
