"""What belongs to a submission (files, findings, figures, sections) against what was told as it was filed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from plan.ledger.filing import CONTENT, content_hash, digest
from plan.models import Finding, Section, Submission, SubmissionFile, Value

TABLES: Mapping[str, Any] = {"findings": Finding, "values": Value, "sections": Section}
WORDS = {
    "findings": "kết quả kiểm tra không như lúc nộp",
    "values": "số liệu đã đọc không như lúc nộp",
    "sections": "lời văn đã đọc không như lúc nộp",
}


@dataclass
class Content:
    """What stands in the tables for one submission."""

    files: list[SubmissionFile] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    explained: list[Finding] = field(default_factory=list)

    def differing(self, row: Submission, told: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
        """(table, row, words). Rows of the trail from before know the files by the content's hash only."""
        if "files" in told:
            yield from self._files(told["files"])
        hashes = [file.sha256 for file in self.files]
        if content_hash(row.kind, hashes, row.payload) != row.content_hash:
            yield "submission", row.id or 0, "tệp hoặc nội dung trong bảng không phải bài đã nộp"
        for name, table in TABLES.items():
            if name in told and told[name] != self.digests[name]:
                yield table.__tablename__, 0, WORDS[name]

    def _files(self, told: Sequence[Sequence[Any]]) -> Iterator[tuple[str, int, str]]:
        left = [tuple(one) for one in told]
        for file in self.files:
            stands = tuple(getattr(file, name) for name in CONTENT["files"])
            if stands in left:
                left.remove(stands)
            else:
                words = f"tệp «{file.filename}» ({file.sha256[:12]}…): sổ không ghi tệp như thế"
                yield "submission_file", file.id or 0, words
        for filename, *_ in left:
            yield "submission_file", 0, f"sổ ghi tệp «{filename}», trong bảng không có"


def content_of(session: Session, ids: Sequence[int]) -> dict[int, Content]:
    """Of each submission. Figures are read in a stream: a thousand submissions have half a million."""
    found = {key: Content() for key in ids}
    for file in session.exec(
        select_rows(SubmissionFile)
        .where(col(SubmissionFile.submission_id).in_(ids))
        .order_by(col(SubmissionFile.id))
    ):
        found[file.submission_id].files.append(file)
    for row in session.exec(
        select_rows(Finding).where(col(Finding.submission_id).in_(ids), Finding.explanation != "")
    ):
        found[row.submission_id].explained.append(row)
    for name, table in TABLES.items():
        for key in ids:
            found[key].digests[name] = _NOTHING
        columns = [getattr(table, one) for one in ("submission_id", *CONTENT[name])]
        rows = session.connection().execute(
            select(*columns)
            .where(col(table.submission_id).in_(ids))
            .order_by(table.submission_id)
            .execution_options(yield_per=5_000)
        )
        for key, part in groupby(rows, key=_FIRST):
            found[key].digests[name] = digest(row[1:] for row in part)
    return found


_NOTHING = digest(())
_FIRST: Callable[[Any], int] = itemgetter(0)
