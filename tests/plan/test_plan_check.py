"""`check_plan`: every fault of a broken plan, at its file and line, in a sentence that helps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import plan
from plan.definition.checks import check_plan, load_checked
from plan.definition.faults import Fault, PlanFaults

SOURCE = Path(plan.__file__).parent / "04-kh-ubnd-2020"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "ke-hoach"
    shutil.copytree(SOURCE, copy)
    return copy


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` in a file; the number of the first line that changed."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_plan_itself_is_sound() -> None:
    assert check_plan(SOURCE) == []
    assert check_plan(SOURCE / "plan.yaml") == []
    assert load_checked(SOURCE).id == "04-kh-ubnd-2020"


# (file, what stands there, what stands there instead, line below the edit's, path, words)
BREAKS = [
    ("plan.yaml", "issuer: ubnd-tinh", "issuer: ubnd-tin", 0, "issuer", "«ubnd-tinh»"),
    ("plan.yaml", "coordinator: snv", "coordinater: snv", 0, "coordinater", "«coordinator»"),
    ("plan.yaml", "coordinator: snv\n", "", None, "", "Thiếu «coordinator»"),
    ("plan.yaml", "2020-06-20", "2020-01-02", 0, "ends_on", "trước ngày ban hành"),
    ("plan.yaml", "moment: received", "moment: recieved", 0, "timeliness.moment", "«received»"),
    ("plan.yaml", "issued_on: 2020-01-20", "issued_on: 20/1/2020", 0, "issued_on", "2020-04-30"),
    ("agencies.yaml", "id: stp", "id: snv", 0, "agencies[snv].id", "chỉ dùng một lần"),
    ("agencies.yaml", "id: stp", "id: Sở-TP", 0, "agencies[Sở-TP].id", "không đúng dạng mã"),
    ("agencies.yaml", "id: stp", "id: thematic", 0, "agencies[thematic].id", "vừa là nhóm"),
    ("agencies.yaml", ", valid_from: 2020-06-01", "", 0, "agencies[hoai-nhon]", "hai tên"),
    ("contacts.yaml", "agency: stp", "agency: stpp", 0, "contacts[2].agency", "«stp»"),
    ("milestones.yaml", "feeds: [status-note]", "feeds: [status-not]", 0, "feeds", "status-note"),
    (
        "milestones.yaml",
        "words: Trong tháng 4",
        "words: Khoảng tháng 4",
        0,
        "due.words",
        "Không đọc được thời hạn",
    ),
    (
        "milestones.yaml",
        "words: Trước ngày 30",
        "words: Trước ngày 31",
        0,
        "due.words",
        "không có ngày",
    ),
    (
        "milestones.yaml",
        "ngày 20 tháng 6 năm 2020",
        "ngày 20 tháng 6 năm 2019",
        0,
        "due",
        "ban hành",
    ),
    ("deliverables.yaml", "owners: [district]", "owners: [distrct]", 0, "owners[0]", "«district»"),
    ("deliverables.yaml", "kind: report", "kind: raport", 0, "kind", "«report»"),
    ("deliverables.yaml", "after: [district-plan,", "after: [x/district-plan,", 0, "after", "«x»"),
    ("deliverables.yaml", "after: [publicity]", "after: [publicty]", 0, "after", "«publicity»"),
    ("deliverables.yaml", "stp: [p1-ii-1]", "stp: [p1-ii-9]", 0, "outline_parts.stp", "p1-ii-"),
    ("deliverables.yaml", "    stp: [p1-ii-1]\n", "", -2, "outline_parts", "của stp"),
    ("deliverables.yaml", "appendix: PL2", "appendix: PL22", 0, "appendix", "«PL2»"),
    ("data_calls.yaml", "rows: ['4',", "rows: ['4.9',", 0, "rows[0]", "không có dòng «4.9»"),
    ("data_calls.yaml", "asked_by: stc", "asked_by: stp", 2, "rows[3]", "không phải «stp»"),
    ("reminders.yaml", "offset: -7", "offset: -15", 0, "rungs[1].offset", "viết hai lần"),
    ("reminders.yaml", "every: 2", "every: 0", 0, "rungs[5].every", "từ 1 ngày"),
    ("reminders.yaml", "'07:00', '11:30'", "'11:30', '07:00'", 0, "spans[0]", "bị ngược"),
    ("reminders.yaml", "'13:30', '17:00'", "'11:00', '17:00'", 0, "spans[1]", "chồng lên"),
    ("reminders.yaml", "'07:00'", "'7:00'", 0, "spans[0][0]", "giờ HH:MM"),
    ("reminders.yaml", "tone: escalated", "tone: angry", 0, "rungs[6].tone", "escalated"),
    ("reminders.yaml", "also: [zalo_oa]", "also: [email]", 0, "also[0]", "gửi hai lần"),
    ("outputs.yaml", "snv/provincial-report", "snv/provincial-repor", 0, "delivers", "-report»"),
    ("outputs.yaml", "phu-luc-tong-hop.xlsx", "phụ lục.xlsx", 0, "filename", "không dấu"),
    ("outline.yaml", "answered_by: [stp]", "answered_by: [spt]", 0, "answered_by[0]", "«stp»"),
    ("outline.yaml", "figures: [PL1.4]", "figures: [PL1.44]", 0, "figures[0]", "«PL1.4»"),
    ("outline.yaml", "id: p3-2", "id: p3-1", 0, "p3-1].id", "mỗi mã chỉ dùng một lần"),
    ("appendices/PL1.yaml", "type: flag", "type: flags", 0, "[3.1].type", "«flag»"),
    ("appendices/PL1.yaml", "weight: PL1.6.2", "weight: PL1.6.9", 0, "weight", "«PL1.6."),
    (
        "appendices/PL1.yaml",
        "        weight: PL1.6.2\n",
        "",
        -2,
        "aggregate",
        "«ratio» hoặc «weight»",
    ),
    ("appendices/PL1.yaml", "parent: '6'", "parent: '60'", 0, "parent", "Không có dòng «60»"),
    ("appendices/PL1.yaml", "code: '1.2'", "code: 1.2", 0, "[2].code", "đặt trong ngoặc kép"),
    ("appendices/PL2.yaml", "[PL2.1] ==", "[PL2.9] ==", 0, "PL2-R01].expr", "«PL2.9»"),
    ("appendices/PL2.yaml", "[PL2.1] ==", "[PL2.1] = ", 0, "PL2-R01].expr", "ký tự thứ 9"),
    ("appendices/PL2.yaml", "[PL2.1] ==", "[PL2.1.0] ==", 0, "PL2-R01].expr", "dòng đề mục"),
    ("appendices/PL2.yaml", "({left})", "({lef})", 0, "PL2-R01].message", "không «lef»"),
    ("appendices/PL2.yaml", "'2016', label", "'2015', label", 0, "periods[2015]", "viết hai lần"),
    ("appendices/PL2.yaml", "PL2-R02", "PL2-R01", 0, "rules[PL2-R01].id", "chỉ dùng một lần"),
    ("appendices/PL4.yaml", "{districts}", "{district}", 0, "PL4-R01].expr", "«districts»"),
    ("appendices/PL6.yaml", "@2019", "@2018", 0, "PL6-R06].expr", "không có kỳ «2018»"),
    ("appendices/PL6.yaml", "'2015': Nghị", "'2014': Nghị", 0, "not_applicable.2014", "«2014»"),
    ("appendices/PL7.yaml", "[PL7.11#d]", "[PL7.10#d]", 0, "expr", "không có tử số, mẫu số"),
    ("appendices/PL7.yaml", "owner: stttt", "owner: stc", None, "[1]", "«stc» không phải nộp PL7"),
    ("appendices/PL7.yaml", "owner: skhcn\n", "optional: true\n", None, "[14]", "không có cơ quan"),
    ("appendices/PL7.yaml", "owner: skhcn", "owner: vpub", None, "owners", "«skhcn» phải nộp PL7"),
    ("appendices/PL7.yaml", "code: '2'", "code: '1'", 0, "[1].code", "viết hai lần"),
]


@pytest.mark.parametrize(("file", "old", "new", "below", "path", "words"), BREAKS)
def test_each_break_is_told_where_it_is(
    folder: Path, file: str, old: str, new: str, below: int | None, path: str, words: str
) -> None:
    line = edit(folder, file, old, new)
    faults = check_plan(folder)
    found = [fault for fault in faults if path in fault.path and words in fault.message]
    assert found, "\n".join(map(str, faults))
    if below is not None:
        assert (found[0].file, found[0].line) == (str(folder / file), line + below)


def test_every_break_at_once(folder: Path) -> None:
    """Breaks in many files are all told in one run, each as if it were alone."""
    edits = [
        ("plan.yaml", "issuer: ubnd-tinh", "issuer: ubnd-tin"),
        ("agencies.yaml", ", valid_from: 2020-06-01", ""),
        ("contacts.yaml", "agency: stp", "agency: stpp"),
        ("milestones.yaml", "words: Trong tháng 4", "words: Khoảng tháng 4"),
        ("deliverables.yaml", "stp: [p1-ii-1]", "stp: [p1-ii-9]"),
        ("deliverables.yaml", "after: [publicity]", "after: [publicty]"),
        ("deliverables.yaml", "after: [commendation-nominations]", "after: [provincial-report]"),
        ("data_calls.yaml", "rows: ['4',", "rows: ['4.9',"),
        ("reminders.yaml", "offset: -7", "offset: -15"),
        ("reminders.yaml", "'07:00', '11:30'", "'11:30', '07:00'"),
        ("outputs.yaml", "snv/provincial-report", "snv/report"),
        ("outline.yaml", "figures: [PL1.4]", "figures: [PL1.44]"),
        ("appendices/PL2.yaml", "[PL2.1] ==", "[PL2.9] =="),
        ("appendices/PL4.yaml", "{districts}", "{district}"),
        ("appendices/PL7.yaml", "owner: skhcn", "owner: stc"),
    ]
    lines = {(str(folder / file), edit(folder, file, old, new)) for file, old, new in edits}
    faults = check_plan(folder)
    told = {(fault.file, fault.line) for fault in faults}
    # The row's fault stands at the row, some lines above its owner; the circle at what closes it.
    assert len(lines - told) <= 2, lines - told
    messages = "\n".join(map(str, faults))
    assert "Phụ thuộc vòng tròn" in messages
    assert "PL7.14 do «stc» điền" in messages
    assert "«skhcn» phải nộp PL7 nhưng không có dòng nào" in messages
    assert len(faults) == len(edits) + 1
    with pytest.raises(PlanFaults) as caught:
        load_checked(folder)
    assert caught.value.faults == faults


def test_shape_and_sense_are_told_together(folder: Path) -> None:
    """A value of the wrong type hides neither its neighbours nor what other files say."""
    typo = edit(folder, "deliverables.yaml", "kind: report", "kind: raport")
    late = edit(folder, "deliverables.yaml", "milestone: thematic-reports", "milestone: thematic")
    rung = edit(folder, "reminders.yaml", "offset: -7", "offset: -15")
    lines = [(Path(fault.file).name, fault.line) for fault in check_plan(folder)]
    assert lines == [
        ("deliverables.yaml", typo),
        ("deliverables.yaml", late),
        ("reminders.yaml", rung),
    ]


def test_places_stay_right_when_items_are_left_out(folder: Path) -> None:
    """An item that cannot be read does not shift the lines of those after it."""
    edit(folder, "milestones.yaml", "id: district-reports", "id: District reports")
    line = edit(folder, "milestones.yaml", "Trong tháng 5", "Khoảng tháng 5")
    faults = [fault for fault in check_plan(folder) if "Không đọc được thời hạn" in fault.message]
    assert [(fault.line, fault.path) for fault in faults] == [
        (line, "milestones[provincial-conference].due.words")
    ]


def test_cycles_each_once(folder: Path) -> None:
    edit(
        folder,
        "deliverables.yaml",
        "may_share_file_with: [district-plan]",
        "after: [district-conference, district-plan]",
    )
    circles = [fault for fault in check_plan(folder) if "vòng tròn" in fault.message]
    assert len(circles) == 2
    assert all("district-report" in fault.message for fault in circles)


def test_inherited_deadlines_in_a_circle(folder: Path) -> None:
    edit(folder, "milestones.yaml", "words: Trong tháng 4 năm 2020", "inherits: provincial-report")
    edit(
        folder,
        "milestones.yaml",
        "words: Trước ngày 20 tháng 6 năm 2020",
        "inherits: district-conferences",
    )
    circles = [fault.path for fault in check_plan(folder)]
    assert circles == [
        "milestones[district-conferences].due.inherits",
        "milestones[provincial-report].due.inherits",
    ]


# --- files -------------------------------------------------------------------------------------


def only(faults: list[Fault]) -> Fault:
    assert len(faults) == 1, "\n".join(map(str, faults))
    return faults[0]


def test_missing_folder_and_missing_file(tmp_path: Path) -> None:
    assert "Không có thư mục này" in only(check_plan(tmp_path / "khong-co")).message
    assert "Không có tệp này" in only(check_plan(tmp_path)).message


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 0, "Tệp trống"),
        (b"\xff\xfe- id", 1, "UTF-8"),
        (b"- id: a\n- id: \xe1\xba", 2, "UTF-8"),
        (b"- id: a\n  group: b: c\n", 2, "hai dấu «:»"),
        (b"- id: a\n\tgroup: b\n", 2, "phím Tab"),
        (b"- id: [a\n", 2, "ngoặc mở mà chưa đóng"),
        (b"- &a {id: x}\n- *a\n", 1, "«&» và «*»"),
        (b"- id: a\n---\n- id: b\n", 2, "một tài liệu"),
        (b"[" * 100_000, 1, "Lồng quá"),
        (b"- id: a\x07\n", 0, "ký tự điều khiển"),
    ],
)
def test_unreadable_file_is_one_fault(folder: Path, content: bytes, line: int, words: str) -> None:
    """What stood in it is not missed elsewhere, and what is wrong elsewhere is still told."""
    (folder / "agencies.yaml").write_bytes(content)
    fault = only(check_plan(folder))
    assert (fault.file, fault.line) == (str(folder / "agencies.yaml"), line)
    assert words in fault.message
    edit(folder, "outline.yaml", "figures: [PL1.4]", "figures: [PL1.44]")
    assert len(check_plan(folder)) == 2


def test_key_written_twice(folder: Path) -> None:
    line = edit(folder, "plan.yaml", "short: KH 04", "short: KH 04\nshort: KH 4")
    fault = only(check_plan(folder))
    assert (fault.line, fault.path) == (line + 1, "short")
    assert f"lần đầu ở dòng {line}" in fault.message


def test_one_thing_in_two_places(folder: Path) -> None:
    text = (folder / "outputs.yaml").read_text(encoding="utf-8").replace("\n", "\n  ")
    with (folder / "plan.yaml").open("a", encoding="utf-8") as file:
        file.write("\noutputs:\n  " + text.rstrip() + "\n")
    fault = only(check_plan(folder))
    assert fault.file == str(folder / "outputs.yaml")
    assert "chỉ để ở một nơi" in fault.message
    (folder / "outputs.yaml").unlink()
    assert check_plan(folder) == []


def test_strange_files_are_told(folder: Path) -> None:
    (folder / "agencies.yaml").rename(folder / "agencys.yaml")
    fault = next(fault for fault in check_plan(folder) if "tên lạ" in fault.message)
    assert "«agencies»" in fault.message
    (folder / "README.md").write_text("ghi chú", encoding="utf-8")
    assert not [fault for fault in check_plan(folder) if "README" in fault.file]


def test_broken_appendix_hides_only_what_depends_on_it(folder: Path) -> None:
    (folder / "appendices" / "PL4.yaml").write_text("code: [", encoding="utf-8")
    edit(folder, "reminders.yaml", "offset: -7", "offset: -15")
    files = [Path(fault.file).name for fault in check_plan(folder)]
    assert files == ["PL4.yaml", "reminders.yaml"]
