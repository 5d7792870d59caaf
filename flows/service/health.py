"""`dondoc doctor` and `/health`: everything that must be well, each fault with what to do about it.

Every check is run, also when others fail. Nothing here changes anything.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlmodel import Session, col, select

from flows.clock import real_clock
from flows.clock_guard import AGAIN, doubted
from flows.jobs import inbox_watch
from flows.schedule import environment
from flows.schedule.deployments import Job
from flows.service.lock import served_by
from flows.service.prefect_server import answers, open_to_strangers
from intake.confine import missing
from intake.programs import tesseract
from intake.scans.queue import waiting
from notifications.channels.trial import try_channels
from notifications.starting import checklist
from plan.calendar import LOCAL
from plan.database import Unusable, reading, unusable
from plan.models import Agency, ChannelState, Plan
from plan.queries.lookup import agency_names, newest_moment, plan_ids
from plan.queries.reach import agencies_to_correct, silences, unreachable_agencies
from plan.settings import STAYS_PRACTICE, Settings, has_practised
from plan.states import PlanState
from plan.text import moment_words, number_words

if TYPE_CHECKING:
    from flows.runtime import RoundTools
    from flows.schedule.state import Deployed

FREE_BYTES = 500 * 1024 * 1024
AHEAD = timedelta(minutes=5)
"""A ledger so far ahead of the clock means the clock went back."""
MOST_NAMES = 8
MEND_FIRST = "Sửa lỗi trên trước."
ABOUT_THE_START = frozenset({"past-deadlines", "days-off", "coordinator"})
"""Points answered once, when a plan is started; the others stay true or false day by day."""
RESTART = "Chạy lại: dondoc serve (hoặc systemctl restart dondoc)."


@dataclass(frozen=True)
class Check:
    """One thing looked at. `what_to_do` stands beside a fault."""

    name: str
    ok: bool
    words: str
    what_to_do: str = ""


@dataclass
class Exam:
    """What the checks look at; what several need is fetched once."""

    settings: Settings
    tools: RoundTools

    @cached_property
    def database_fault(self) -> Unusable | None:
        """Why the database cannot be used; None: it can."""
        return unusable(self.tools.engine)

    @cached_property
    def prefect_up(self) -> bool:
        return answers(f"{environment.api_url(self.settings)}/health")

    @cached_property
    def deployed(self) -> list[Deployed]:
        """What Prefect has of ours. Raises when it does not answer."""
        from flows.schedule.state import deployed

        return asyncio.run(deployed())

    @cached_property
    def jobs(self) -> list[Job]:
        """The table as it should be registered."""
        from flows.schedule.register import planned

        return planned(self.tools)


Found = Iterator[Check]


def examine(settings: Settings, tools: RoundTools) -> list[Check]:
    """Every check, in the order of `CHECKS`."""
    exam = Exam(settings, tools)
    return [one for name, look in CHECKS for one in run_check(exam, name, look)]


def run_check(exam: Exam, name: str, look: Callable[[Exam], Found]) -> Sequence[Check]:
    """A check that fails by itself is a fault like any other, and hides none of the others."""
    if look not in WITHOUT_DATABASE and exam.database_fault:
        return [Check(name, False, "Chưa xem được khi cơ sở dữ liệu có lỗi.", MEND_FIRST)]
    if look in WITH_PREFECT and not exam.prefect_up:
        return [Check(name, False, "Chưa xem được khi Prefect không trả lời.", MEND_FIRST)]
    try:
        return list(look(exam))
    except Exception as error:
        words = f"Không kiểm tra được ({type(error).__name__})."
        return [Check(name, False, words, "Xem nhật ký của dịch vụ.")]


# --- the checks ----------------------------------------------------------------------------------


def database(exam: Exam) -> Found:
    if exam.database_fault:
        yield Check("Cơ sở dữ liệu", False, *exam.database_fault)
    else:
        where = exam.tools.engine.url.render_as_string(hide_password=True)
        yield Check("Cơ sở dữ liệu", True, where)


def plans(exam: Exam) -> Found:
    with reading(exam.tools.engine) as session:
        numbers = list(session.exec(select(Plan.number).order_by(Plan.id)))
    if numbers:
        yield Check("Kế hoạch", True, ", ".join(numbers))
    else:
        yield Check("Kế hoạch", False, "Chưa nạp kế hoạch nào.", "Chạy: dondoc init")


def practice(exam: Exam) -> Found:
    """A home that ever practised sends nothing; silence must not be taken for health."""
    if has_practised(exam.settings.home) and not exam.settings.clock:
        yield Check("Tập dượt", False, STAYS_PRACTICE, "Đặt DONDOC_HOME là một thư mục mới.")
    else:
        words = "đang diễn tập" if exam.settings.clock else "dữ liệu của việc thật"
        yield Check("Tập dượt", True, f"Thư mục dữ liệu: {words}.")


def starts(exam: Exam) -> Found:
    """Drafts that wait for a start, and what is not yet right for real messages of running plans."""
    name, now = "Trước khi nhắc", exam.tools.clock()
    with reading(exam.tools.engine) as session:
        for plan in session.exec(select(Plan).where(Plan.state != PlanState.closed)).all():
            words = plan.short or plan.number
            if plan.state == PlanState.draft:
                yield Check(
                    name,
                    True,
                    f"{words} còn là bản nháp, chưa nhắc ai. Xem trước rồi bắt đầu: dondoc plan start, "
                    "hoặc trang Kế hoạch.",
                )
                continue
            open_points = [
                point
                for point in checklist(session, plan, exam.settings, now)
                if not point.ok and point.key not in ABOUT_THE_START
            ]
            for point in open_points:
                yield Check(name, False, f"{words}: {point.words}", point.what_to_do)
            if not open_points:
                yield Check(name, True, f"{words}: mọi điểm của danh mục kiểm tra đã đạt.")


def contacts(exam: Exam) -> Found:
    with reading(exam.tools.engine) as session:
        lacking = {
            plan_id: _names(session, plan_id, codes)
            for plan_id in plan_ids(session)
            if (codes := unreachable_agencies(session, plan_id))
        }
    if not lacking:
        yield Check("Danh bạ", True, "Cơ quan nào cũng có người nhận.")
    for plan_id, names in lacking.items():
        words = f"{plan_id}: {number_words(len(names))} cơ quan không ai liên hệ được: {_listed(names)}."
        todo = "Bổ sung trên trang Danh bạ hoặc bằng: dondoc contacts import TỆP.csv"
        yield Check("Danh bạ", False, words, todo)


def silent_addresses(exam: Exam) -> Found:
    """Addresses of the address book that nothing is sent to: for good, or for a while."""
    with reading(exam.tools.engine) as session:
        found = silences(session)
        agencies = {
            name
            for plan_id in plan_ids(session)
            for name in _names(session, plan_id, agencies_to_correct(session, plan_id))
        }
    for_good = sum(until is None for until in found.values())
    paused = len(found) - for_good
    pause = f"{number_words(paused)} địa chỉ tạm ngừng, sẽ tự thử lại." if paused else ""
    if not for_good:
        yield Check("Địa chỉ nhận tin", True, pause or "Không địa chỉ nào bị ngừng.")
        return
    of = _listed(sorted(agencies))
    words = f"{number_words(for_good)} địa chỉ bị từ chối hoặc trả lại, của: {of}. {pause}".strip()
    todo = (
        "Xem mục Người nhận tin trên trang của cơ quan, sửa trên trang Danh bạ; địa chỉ vẫn đúng: "
        "dondoc outbox retry SỐ-TIN"
    )
    yield Check("Địa chỉ nhận tin", False, words, todo)


def _names(session: Session, plan_id: str, codes: Sequence[str]) -> list[str]:
    today = real_clock().astimezone(LOCAL).date()
    named = agency_names(session, plan_id, today, codes)
    rows = session.exec(
        select(Agency.id).where(Agency.plan_id == plan_id, col(Agency.code).in_(codes))
    )
    return [named[row].name for row in rows if row in named]


def channels(exam: Exam) -> Found:
    found = try_channels(exam.settings, exam.tools.open_channel)
    with reading(exam.tools.engine) as session:
        held = {
            row.channel: f"tạm ngừng từ {moment_words(row.down_since)}: {row.words}"
            for row in session.exec(
                select(ChannelState).where(col(ChannelState.down_since).is_not(None))
            )
            if row.down_since is not None
        }
    for name, faults in found.items():
        said = [*faults, *([held[name]] if name in held and not faults else [])]
        if said:
            todo = f"Sửa cài đặt (dondoc settings), rồi thử: dondoc channels test --channel {name}"
            yield Check(f"Kênh {name}", False, " ".join(said), todo)
        else:
            yield Check(f"Kênh {name}", True, "Kết nối được.")


def ways_in(exam: Exam) -> Found:
    """The mailbox, the folders and the trust store of what is handed in, as far as they are set up."""
    for name, found in inbox_watch.faults(exam.settings).items():
        if found:
            todo = "Sửa cài đặt (dondoc settings), rồi thử: dondoc inbox read"
            yield Check(name, False, " ".join(found), todo)
        else:
            yield Check(name, True, "Dùng được.")


def prefect(exam: Exam) -> Found:
    where = environment.api_url(exam.settings)
    if exam.prefect_up and open_to_strangers(where):
        words = f"{where} trả lời cả người không có khóa: ai tới được cổng ấy cũng chạy được lệnh."
        yield Check("Prefect", False, words, "Đặt DONDOC_PREFECT_KEY ở máy chủ Prefect. " + RESTART)
    elif exam.prefect_up:
        yield Check("Prefect", True, environment.pages_url(exam.settings))
    if exam.prefect_up:
        return
    alone = not exam.settings.prefect_api_url
    serving = served_by(exam.settings.home.resolve()) is not None
    todo = (
        "Chạy: dondoc serve" if alone and not serving else "Chờ một phút; nếu vẫn vậy: " + RESTART
    )
    if not alone:
        todo = "Kiểm tra máy chủ Prefect dùng chung (DONDOC_PREFECT_API_URL)."
    yield Check("Prefect", False, f"Không trả lời ở {where}.", todo)


def schedules(exam: Exam) -> Found:
    """Every job is there and its schedule is on. Which moments it has, the nightly work sees to."""
    there = {one.name: one for one in exam.deployed}
    missing = sorted(job.full_name for job in exam.jobs if job.full_name not in there)
    off = sorted(
        job.full_name
        for job in exam.jobs
        if job.moments and job.full_name in there and not there[job.full_name].scheduled
    )
    if missing:
        words = f"{number_words(len(missing))} việc chưa đăng ký với Prefect: {_listed(missing)}."
        yield Check("Lịch", False, words, RESTART)
    if off:
        words = f"{number_words(len(off))} việc có lịch đang tắt: {_listed(off)}."
        yield Check("Lịch", False, words, "Bật lại trên trang Deployments của Prefect.")
    if not missing and not off:
        yield Check("Lịch", True, f"{number_words(len(exam.jobs))} việc đã đăng ký.")


def last_looks(exam: Exam) -> Found:
    """When each milestone was last looked at; a fault when it should have been and was not."""
    titles = {job.full_name: job.title for job in exam.jobs if job.title}
    for one in sorted(exam.deployed, key=lambda one: one.name):
        if one.name.startswith("track-milestone/"):
            name = f"Mốc {titles.get(one.name) or one.name.removeprefix('track-milestone/')}"
            last = moment_words(one.last_ran_at) if one.last_ran_at else "chưa lần nào trong 24 giờ"
            if one.overdue or one.waiting_since:
                since = f" từ {moment_words(one.waiting_since)}" if one.waiting_since else ""
                words = f"Đến giờ mà không chạy{since}; lần cuối: {last} (giờ máy)."
                todo = (
                    "Dịch vụ hoặc máy chạy việc có đang chạy không (systemctl status 'dondoc*')? Lý do "
                    "ở trang Runs của Prefect; nhắc ngay: dondoc remind"
                )
                yield Check(name, False, words, todo)
            else:
                yield Check(name, True, f"Xem lần cuối: {last} (giờ máy).")


def clock(exam: Exam) -> Found:
    now = exam.tools.clock()
    doubt = doubted(exam.tools)
    with reading(exam.tools.engine) as session:
        newest = newest_moment(session)
        drift = _drift(session)
    if doubt:
        yield Check("Đồng hồ", False, doubt, AGAIN)
    elif newest is not None and newest > now + AHEAD:
        words = f"Đồng hồ chỉ {moment_words(now)}, sổ đã ghi đến {moment_words(newest)}."
        yield Check("Đồng hồ", False, words, "Chỉnh giờ máy (timedatectl) hoặc DONDOC_CLOCK.")
    elif drift > AHEAD:
        words = f"Giờ máy này lệch giờ máy cơ sở dữ liệu {drift.total_seconds():.0f} giây."
        yield Check("Đồng hồ", False, words, "Bật đồng bộ giờ: timedatectl set-ntp true")
    else:
        kind = "đồng hồ ảo, không phải việc thật" if exam.settings.clock else "giờ thật"
        yield Check("Đồng hồ", True, f"{moment_words(now)} ({kind}).")


def _drift(session: Session) -> timedelta:
    if session.get_bind().dialect.name != "postgresql":
        return timedelta()
    theirs: datetime = session.connection().execute(text("SELECT clock_timestamp()")).scalar_one()
    return abs(real_clock() - theirs)


def disk(exam: Exam) -> Found:
    """The home, and the store where it stands on another disk."""
    home, store = exam.settings.home.resolve(), exam.settings.resolved_store_url
    home.mkdir(parents=True, exist_ok=True)
    places = [home, *([Path(store)] if "://" not in store and Path(store).is_dir() else [])]
    for place in {one.stat().st_dev: one for one in reversed(places)}.values():
        free = shutil.disk_usage(place).free
        words = f"Còn {free / 1024**3:.1f} GB ở {place}.".replace(".", ",", 1)
        todo = "Dọn đĩa, hoặc giảm DONDOC_BACKUPS; sao lưu và tệp nộp cần chỗ."
        yield Check("Đĩa", free >= FREE_BYTES, words, "" if free >= FREE_BYTES else todo)


def reader(_exam: Exam) -> Found:
    """What strangers' files are read with: all that a kernel can take from a process, or not all."""
    lacking = missing()
    if lacking:
        # Said, and no fault: files are read all the same, and an alarm nobody can mend is soon unheard.
        words = f"Máy này không ép được tiến trình đọc tệp nộp: {', '.join(lacking)}. "
        todo = "Nên dùng Linux 5.13 trở lên có Landlock; trong container thì cho phép landlock, seccomp."
        yield Check("Đọc tệp nộp", True, words + todo)
    else:
        words = "Tiến trình riêng: không mạng, không đọc hay ghi tệp khác, không thêm quyền."
        yield Check("Đọc tệp nộp", True, words)


def scans(exam: Exam) -> Found:
    """Whether scans and photos can be read, and whether any wait. Optional: without it people read them."""
    with reading(exam.tools.engine) as session:
        pages = waiting(session)
    words = "Có Tesseract và tiếng Việt." if tesseract.installed() else tesseract.NOT_INSTALLED
    left = f" {number_words(pages)} trang đang chờ đọc." if pages else ""
    yield Check("Đọc bản quét", True, words + left)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" và {more} nữa" if more > 0 else "")


CHECKS: tuple[tuple[str, Callable[[Exam], Found]], ...] = (
    ("Cơ sở dữ liệu", database),
    ("Kế hoạch", plans),
    ("Tập dượt", practice),
    ("Trước khi nhắc", starts),
    ("Danh bạ", contacts),
    ("Địa chỉ nhận tin", silent_addresses),
    ("Kênh gửi", channels),
    ("Cửa nhận bài", ways_in),
    ("Prefect", prefect),
    ("Lịch", schedules),
    ("Mốc", last_looks),
    ("Đồng hồ", clock),
    ("Đĩa", disk),
    ("Đọc tệp nộp", reader),
    ("Đọc bản quét", scans),
)
WITHOUT_DATABASE = frozenset({database, practice, prefect, disk, reader})
WITH_PREFECT = frozenset({schedules, last_looks})
