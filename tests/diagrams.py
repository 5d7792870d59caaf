"""`make diagrams`: draw README's state diagram from the transition table."""

from __future__ import annotations

from pathlib import Path

from plan.states import STATE_WORDS, TRANSITIONS, Action, State

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- states: make diagrams -->", "<!-- /states -->"


def state_diagram() -> str:
    """Mermaid source: every state by its Vietnamese words, every transition by its action."""
    names = [f'    state "{STATE_WORDS[state]}" as {state.value}' for state in State]
    merged: dict[tuple[State, State], list[Action]] = {}
    for (state, action), target in TRANSITIONS.items():
        merged.setdefault((state, target), []).append(action)
    arrows = [
        f"    {source.value} --> {target.value}: {', '.join(action.value for action in actions)}"
        for (source, target), actions in merged.items()
    ]
    start = f"    [*] --> {State.owed.value}"
    return "\n".join(["```mermaid", "stateDiagram-v2", *names, start, *arrows, "```"])


def with_diagram(text: str) -> str:
    """README's text with the diagram between its marks."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{state_diagram()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(with_diagram(README.read_text(encoding="utf-8")), encoding="utf-8")
