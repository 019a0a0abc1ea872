"""The states of a return (RM7, RM8). `after` names the states that a state may follow; '' is birth."""

from mailflow.policy.lifecycle import Lifecycle, State

UNDER_WAY = ("issued", "replacement shipped", "replacement delivered", "announced", "received", "overdue")

LIFECYCLE = Lifecycle(
    kind="rma",
    states=(
        State("issued", after=("",)),
        State("replacement shipped", after=("issued", "announced", "received")),
        State("replacement delivered", after=("issued", "replacement shipped", "announced", "received", "overdue", "to be invoiced")),
        State("announced", after=(*UNDER_WAY, "to be invoiced")),
        State("received", after=(*UNDER_WAY, "to be invoiced", "in repair", "closed")),
        State("in repair", after=("issued", "announced", "received")),
        State("shipped back", after=("in repair",)),
        State("overdue", after=("issued", "replacement shipped", "replacement delivered", "announced", "received", "to be invoiced")),
        State("to be invoiced", after=UNDER_WAY),
        State("invoiced", after=("to be invoiced",), closed=True),
        State("waived", after=(*UNDER_WAY, "to be invoiced"), closed=True),
        State("cancelled", after=(*UNDER_WAY, "in repair", "to be invoiced"), closed=True),
        State("closed", after=(*UNDER_WAY, "to be invoiced", "in repair", "shipped back", "invoiced"), closed=True),
    ),
)
