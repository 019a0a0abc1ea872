"""The states of a certification (DK2). `after` names the states that a state may follow; '' is birth."""

from mailflow.policy.lifecycle import Lifecycle, State

LIFECYCLE = Lifecycle(
    kind="certification",
    states=(
        State("applied", after=("",)),
        # Born so: the certificate of the register, when the partner first writes about it.
        State("certified", after=("", "applied")),
        State("rejected", after=("applied",), closed=True),
        State("cancelled", after=("certified",), closed=True),
        State("expired", after=("certified",), closed=True),
    ),
)
