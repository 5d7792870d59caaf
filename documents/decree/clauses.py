"""The clauses of Nghị định 30/2020/NĐ-CP, Phụ lục I, that can be told from a Word file: one row each.

`docs/nghi-dinh-30.md` tells the same to people; a test holds the two together.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Clause:
    """`part`: where it stands in Phụ lục I («II.2» is Phần II, mục 2)."""

    id: str
    element: str
    part: str


CLAUSES = {
    clause.id: clause
    for clause in (
        Clause("paper", "Khổ giấy A4", "I.1"),
        Clause("margins", "Lề trang", "I.3"),
        Clause("font", "Phông chữ Times New Roman", "I.4"),
        Clause("black", "Chữ màu đen", "I.4"),
        Clause("language", "Ngôn ngữ tiếng Việt (để soát chính tả và ngắt từ đúng)", "I.4"),
        Clause("page-number", "Số trang", "I.7"),
        Clause("country", "Quốc hiệu", "II.1"),
        Clause("motto", "Tiêu ngữ", "II.1"),
        Clause("issuer", "Tên cơ quan ban hành", "II.2"),
        Clause("number", "Số, ký hiệu", "II.3"),
        Clause("place-date", "Địa danh và thời gian ban hành", "II.4"),
        Clause("title", "Tên loại và trích yếu", "II.5"),
        Clause("grounds", "Căn cứ ban hành", "II.6"),
        Clause("body", "Trình bày nội dung: cỡ chữ, dàn đều, lùi đầu dòng, khoảng cách", "II.6"),
        Clause("numbering", "Đánh số phần, mục, khoản, điểm, bảng", "II.6"),
        Clause("signer", "Quyền hạn, chức vụ người ký", "II.7"),
        Clause("signature-alone", "Chữ ký không đứng riêng một trang", "II.7"),
        Clause("recipients", "Nơi nhận", "II.9"),
        Clause("appendix", "Phụ lục đánh số La Mã, số trang riêng", "III.1"),
    )
}

TYPES = {
    "Nghị quyết": "NQ",
    "Quyết định": "QĐ",
    "Chỉ thị": "CT",
    "Quy chế": "QC",
    "Quy định": "QyĐ",
    "Thông cáo": "TC",
    "Thông báo": "TB",
    "Hướng dẫn": "HD",
    "Chương trình": "CTr",
    "Kế hoạch": "KH",
    "Phương án": "PA",
    "Đề án": "ĐA",
    "Dự án": "DA",
    "Báo cáo": "BC",
    "Biên bản": "BB",
    "Tờ trình": "TTr",
    "Hợp đồng": "HĐ",
    "Công điện": "CĐ",
    "Bản ghi nhớ": "BGN",
    "Bản thỏa thuận": "BTT",
    "Giấy ủy quyền": "GUQ",
    "Giấy mời": "GM",
    "Giấy giới thiệu": "GGT",
    "Giấy nghỉ phép": "GNP",
    "Phiếu gửi": "PG",
    "Phiếu chuyển": "PC",
    "Phiếu báo": "PB",
}
"""Types with a name (Điều 7) and their signs (Phụ lục III). Công văn has neither."""
