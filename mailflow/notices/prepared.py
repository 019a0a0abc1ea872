"""The answers that a notice prepares for its reader, as they stand in its source, branches that no sample takes included (OUT1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import nodes

MACRO = "prepared_reply"


@dataclass(frozen=True, slots=True)
class PreparedAnswer:
    """With which words an answer begins, '' where they are not written out, and where that stands."""

    file: str
    line: int
    words: str


def find_prepared(tree: nodes.Template, file: str) -> Iterator[PreparedAnswer]:
    """Find every call of the macro; a name that is set in the notice stands for what it was set to."""
    named = {node.target.name: node.node for node in tree.find_all(nodes.Assign) if isinstance(node.target, nodes.Name)}
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == MACRO and len(call.args) > 1:
            first: nodes.Node | None = call.args[1]
            while isinstance(first, nodes.Concat | nodes.Name):
                first = first.nodes[0] if isinstance(first, nodes.Concat) else named.get(first.name)
            yield PreparedAnswer(file, call.lineno, str(first.value) if isinstance(first, nodes.Const) else "")
