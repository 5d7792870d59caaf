"""What others than the ones that answer a heading report there: one paragraph, or proposals grouped."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from consolidation.outputs.grouping import Group, grouped, own_names, plain, points_of
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import Prose, Under, Voice
from consolidation.outputs.report.districts import Picked, picked
from intake.report.letterheads import agency_of, issuer_of
from plan.text import join_names, number_words

MOST_NAMES = 20
"""Agencies named behind a sentence; more are counted."""
MOST_ALIKE = 4
"""Agencies named that say the same as the one that is quoted; more are counted."""
MOST_PROPOSALS = 8
"""Told one by one under a heading, those of most agencies first; the rest are counted."""


class Others:
    """Writes paragraphs on many agencies, each sentence once in the whole report."""

    def __init__(self, prose: Prose, material: Material) -> None:
        self.prose, self.material = prose, material
        agencies = material.definition.agencies
        self.own_names = {one.id: own_names(one) for one in agencies}
        self.local = {
            one.id: issuer_of(
                material.definition,
                agency_of(material.definition, one.id),
                material.inputs.names_on,
            ).local
            for one in agencies
        }
        self.told: set[str] = set()

    # --- reports

    def told_of(self, under: Under, answering: Collection[str], most: int) -> str:
        """How many of those asked wrote, where not all did; what stands out; what went less well.
        Empty: there is nothing to say."""
        texts = [(v.agency, text) for v, text in under.written if v.agency not in answering]
        silent = [v for v in under.silent if v.agency not in answering]
        missing = [v for v in under.missing if v.agency not in answering]
        parts = self._counted(len(texts), silent, missing)
        if texts:
            found = picked(texts, self.own_names, most, self.told)
            self.told |= {one.text for one in found}
            well = [self._sentence(one) for one in found if not one.difficulty]
            less = [self._sentence(one) for one in found if one.difficulty]
            if found:
                parts.append(f"{self._where(texts)}: {' '.join(well or less)}")
            if well and less:
                parts.append(f"Khó khăn, hạn chế: {' '.join(less)}")
        return " ".join(parts)

    def _counted(self, wrote: int, silent: Sequence[Voice], missing: Sequence[Voice]) -> list[str]:
        if not silent and not missing:
            return []
        asked = wrote + len(silent) + len(missing)
        what = self._what([v.agency for v in (*silent, *missing)])
        told = [f"Có {number_words(wrote)}/{number_words(asked)} {what} báo cáo nội dung này"]
        told += [f"chưa có báo cáo: {self._names([v.agency for v in missing])}"] if missing else []
        told += [f"không nêu: {self._names([v.agency for v in silent])}"] if silent else []
        return [f"{'; '.join(told)}."]

    def _where(self, texts: Sequence[tuple[str, str]]) -> str:
        return "Ở địa phương" if self.local.get(texts[0][0]) else "Ở các cơ quan"

    def _what(self, agencies: Sequence[str]) -> str:
        return "địa phương" if all(self.local.get(one) for one in agencies) else "cơ quan"

    def _sentence(self, one: Picked) -> str:
        """With its source behind it, unless the sentence names its agency itself."""
        first, *same = one.agencies
        names = self.own_names.get(first, re.compile("(?!)"))
        source = [] if names.search(one.text) else [self.material.short(first)]
        if same:
            shorts = [self.material.short(agency) for agency in same]
            alike = join_names(shorts, MOST_ALIKE, self._what(same))
            source.append(f"{'tương tự' if source else 'cùng nội dung'}: {alike}")
        behind = f" ({'; '.join(source)})" if source else ""
        return f"{one.text.rstrip(' .;')}{behind}."

    def _names(self, agencies: Sequence[str]) -> str:
        return join_names([self.material.short(agency) for agency in agencies], MOST_NAMES)

    # --- proposals

    def proposals(self, under: Under) -> None:
        """Those of most agencies first, in the wording most like the others', with who proposes it so and
        who nearly so; then how many more there are."""
        points = [one for v, text in under.written for one in points_of(v.agency, text)]
        groups = sorted(grouped(points), key=lambda group: -len(group.agencies))
        shown, rest = groups[:MOST_PROPOSALS], groups[MOST_PROPOSALS:]
        if points:
            makers = list(dict.fromkeys(point.agency for point in points))
            self.prose.line(
                f"Có {number_words(len(makers))} {self._what(makers)} đề xuất, "
                f"gộp thành {number_words(len(groups))} nội dung:",
                leads=True,
            )
        for group in shown:
            self.prose.point("- ", self._proposal(group))
        if rest:
            self.prose.line(
                f"Ngoài ra có {len(rest)} đề xuất khác, mỗi đề xuất của ít cơ quan hơn."
            )
        for lead, voices in (("Chưa có", under.missing), ("Không đề xuất", under.silent)):
            if voices:
                self.prose.lacking(f"{lead}: {self._names([v.agency for v in voices])}.")
        if not under.concerned:
            self.prose.lacking("Chưa có đề xuất nào.")

    def _proposal(self, group: Group) -> str:
        lead = plain(group.lead.text)
        same = [p.agency for p in group.points if plain(p.text) == lead]
        near = [one for one in group.agencies if one not in same]
        who = self._names(list(dict.fromkeys(same)))
        who += f"; ý tương tự: {self._names(near)}" if near else ""
        return f"{group.lead.text.rstrip(' .;')} ({who})."
