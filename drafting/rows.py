"""What the grammar makes of a plan: one obligation for each thing a named agency owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from drafting.times.due import NONE, DueReading

MOST_SPAN = 1_500
"""Characters of a span that are kept."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question about one obligation."""

    about: str
    """owner, time or what."""
    text: str
    """A Vietnamese sentence that can be answered."""
    choices: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """In JSON's types."""
        data: dict[str, Any] = {"about": self.about, "text": self.text}
        if self.choices:
            data["choices"] = list(self.choices)
        return data


@dataclass(slots=True)
class Obligation:
    """One thing owed, as it was read."""

    text: str
    """What is owed, in the plan's words."""
    owners: tuple[str, ...] = ()
    cooperating: tuple[str, ...] = ()
    deliverable: str = ""
    kind: str = "duty"
    """report, proposals, plan, document, conference or duty."""
    due: DueReading = NONE
    due_words: str = ""
    source: str = ""
    span: str = ""
    """The whole bullet, sentence or row."""
    block: int = 0
    """Where the span stands among the document's blocks."""
    place: str = ""
    to: tuple[str, ...] = ()
    product: str = ""
    section: str = ""
    """The heading above, for grouping."""
    milestone: str = ""
    """The milestone a person put it in, by its title; empty: that of its deadline."""
    from_table: bool = False
    key: str = ""
    """What a document system calls it («Số phiếu giao việc»); empty where there is none."""
    also: list[tuple[str, str]] = field(default_factory=list)
    """Other places that say the same: source and span."""
    doubts: list[Doubt] = field(default_factory=list)
    id: str = ""
    """«n1», «n2», … within a draft."""
    followed: bool = False
    """Whether a person said that it is followed though it has no day."""

    def ask(self, about: str, text: str, choices: tuple[str, ...] = ()) -> None:
        """Asks once about each thing."""
        if all(doubt.about != about for doubt in self.doubts):
            self.doubts.append(Doubt(about, text, choices))

    def as_data(self) -> dict[str, Any]:
        """In JSON's types."""
        data: dict[str, Any] = {
            "id": self.id,
            "owners": list(self.owners),
            "cooperating": list(self.cooperating),
            "deliverable": self.deliverable,
            "text": self.text[:MOST_SPAN],
            "kind": self.kind,
            "due_words": self.due_words or None,
            "due": self.due.as_data(),
            "source": self.source,
            "span": self.span[:MOST_SPAN],
            "block": self.block,
            "place": self.place,
            "section": self.section,
            "questions": [doubt.as_data() for doubt in self.doubts],
        }
        if self.followed:
            data["followed"] = True
        if self.milestone:
            data["milestone"] = self.milestone
        if self.to:
            data["to"] = list(self.to)
        if self.product:
            data["product"] = self.product
        if self.key:
            data["key"] = self.key
        if self.also:
            data["also"] = [
                {"source": source, "span": span[:MOST_SPAN]} for source, span in self.also
            ]
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Obligation:
        """The obligation out of `as_data`."""
        return cls(
            text=data["text"],
            owners=tuple(data["owners"]),
            cooperating=tuple(data["cooperating"]),
            deliverable=data["deliverable"],
            kind=data["kind"],
            due=DueReading.from_data(data["due"]),
            due_words=data["due_words"] or "",
            source=data["source"],
            span=data["span"],
            block=data.get("block", 0),
            place=data["place"],
            key=data.get("key", ""),
            to=tuple(data.get("to", ())),
            product=data.get("product", ""),
            section=data["section"],
            milestone=data.get("milestone", ""),
            also=[(place["source"], place["span"]) for place in data.get("also", ())],
            doubts=[
                Doubt(doubt["about"], doubt["text"], tuple(doubt.get("choices", ())))
                for doubt in data["questions"]
            ],
            id=data["id"],
            followed=data.get("followed", False),
        )
