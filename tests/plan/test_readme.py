"""What the README shows is what the code says."""

from tests.diagrams import README, with_diagram


def test_the_state_diagram_is_drawn_from_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    assert with_diagram(text) == text, "run: make diagrams"
