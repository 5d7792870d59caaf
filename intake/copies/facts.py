"""What is said of signatures in the files of a package: facts, the trust store named, no verdict. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from intake.parts import PartBuilder, PartDraft
from intake.pdf.signatures import Signature
from intake.recognise import Recognised
from plan.ledger.filing import FoundFault, Severity
from plan.text import moment_words

TEXTS: dict[str, tuple[Severity, str]] = {
    "signature.facts": (
        "note",
        "Chữ ký số của {who}, {when}; {cover}; {changes}; {chain}. Đây là điều đọc được từ tệp, không phải "
        "kết luận pháp lý.",
    ),
    "signature.unreadable": (
        "warning",
        "Tệp có chữ ký số nhưng {problem}. Hãy mở bằng phần mềm ký số để xem, ký lại nếu hỏng, hoặc giải "
        "trình.",
    ),
    "signature.broken": (
        "warning",
        "Nội dung tệp không còn như lúc {who} ký. Hãy nộp đúng tệp đã ký, hoặc giải trình.",
    ),
    "signature.changed": (
        "warning",
        "Tệp bị sửa sau khi {who} ký. Hãy nộp đúng tệp đã ký, hoặc giải trình.",
    ),
    "signature.partial": (
        "warning",
        "Chữ ký của {who} không phủ toàn bộ tệp. Hãy nộp đúng tệp đã ký, hoặc giải trình.",
    ),
    "signature.expired": (
        "warning",
        "Chứng thư của {who} không trong hạn lúc ký. Hãy ký lại bằng chứng thư còn hạn, hoặc giải trình.",
    ),
    "signature.revoked": (
        "warning",
        "Chứng thư của {who} đã bị thu hồi, theo thông tin có trong tệp. Hãy ký lại, hoặc giải trình.",
    ),
    "signature.later": (
        "warning",
        "Tệp được ký lúc {when}, sau thời điểm nộp. Hãy kiểm tra đồng hồ máy ký, hoặc giải trình.",
    ),
    "signature.missing": (
        "warning",
        "Kế hoạch yêu cầu bản có chữ ký số, chưa có tệp nào trong lần nộp này mang chữ ký. Hãy nộp kèm bản "
        "PDF đã ký, hoặc giải trình.",
    ),
}  # fmt: skip
_CHANGES = {
    "none": "chưa thay đổi gì sau khi ký",
    "allowed": "sau đó chỉ thêm chữ ký, ghi chú hoặc điền biểu",
    "other": "đã bị sửa sau khi ký",
    "unknown": "không rõ có bị sửa sau khi ký không",
}
_CHAINS = {
    "trusted": "chứng thư nối tới «{anchor}» trong kho tin cậy «{store}»",
    "unknown": "chứng thư không nối tới gốc nào trong kho tin cậy «{store}»",
    "expired": "chứng thư không trong hạn lúc ký",
    "revoked": "chứng thư đã bị thu hồi",
    "no-store": "chưa xét chứng thư vì hệ thống chưa có kho tin cậy",
}


def tell(build: PartBuilder, store: str) -> None:
    """Findings about the signatures of every file, and about those that are asked for and missing. `store`:
    name of the trust store; empty for none."""
    asked = {one.id for one in build.definition.deliverables if one.signed}
    for deliverable, draft in build.drafts.items():
        for file in draft.files:
            draft.findings.extend(_about(file, store))
        if deliverable in asked and not _is_signed(draft):
            draft.findings.append(_said("signature.missing"))


def _is_signed(draft: PartDraft) -> bool:
    return any(one.intact for file in draft.files for one in file.signatures)


def _about(file: Recognised, store: str) -> Iterator[FoundFault]:
    last = len(file.signatures) - 1
    for place, one in enumerate(file.signatures):
        for code in _codes(one, is_last=place == last):
            yield _said(code, one, file.filename, store)


def _codes(one: Signature, *, is_last: bool) -> Iterator[str]:
    if one.problem:
        yield "signature.unreadable"
        return
    yield "signature.facts"
    if not one.intact:
        yield "signature.broken"
    elif one.changes == "other":
        yield "signature.changed"
    elif is_last and not one.whole:
        yield "signature.partial"
    if one.chain in ("expired", "revoked"):
        yield f"signature.{one.chain}"


def signed_later(files: Iterable[Recognised], received_at: datetime) -> Iterator[FoundFault]:
    """Files signed after the office had them (UTC): a clock is wrong, or a date is."""
    for file in files:
        for one in file.signatures:
            if one.moment is not None and one.moment > received_at:
                yield _said("signature.later", one, file.filename)


def signature_said(one: Signature, store: str) -> str:
    """The signature in a sentence, where nothing is asked of anybody: of a letter of our own. `store`: as in
    `tell`."""
    if one.problem:
        return f"Tệp có chữ ký số nhưng {one.problem}."
    broken = "" if one.intact else " Nội dung tệp không còn như lúc ký."
    return _said("signature.facts", one, store=store).message + broken


def _said(code: str, one: Signature | None = None, file: str = "", store: str = "") -> FoundFault:
    one = one or Signature()
    severity, text = TEXTS[code]
    message = text.format(
        who=_who(one),
        when=_when(one),
        cover="phủ toàn bộ tệp" if one.whole else "không phủ toàn bộ tệp",
        changes=_CHANGES[one.changes],
        chain=_CHAINS[one.chain].format(anchor=one.anchor, store=store),
        problem=one.problem,
    )
    return FoundFault(severity, code, message, file=file, read=one.signer)


def _who(one: Signature) -> str:
    name = one.signer or "người không rõ tên"
    return f"«{name}» ({one.organisation})" if one.organisation else f"«{name}»"


def _when(one: Signature) -> str:
    if one.moment is None:
        return "không ghi lúc ký"
    clock = "dấu thời gian" if one.stamped else "đồng hồ máy ký"
    return f"{moment_words(one.moment)} theo {clock}"
