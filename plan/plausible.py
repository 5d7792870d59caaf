"""What can be meant: days, moments and counts as people type them, within reason. Pure.

Every door (command line, page, API) asks here, so that the same slip gets the same sentence.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from plan.calendar import LOCAL, local_day
from plan.errors import RefusedError, UsageError
from plan.text import date_words, moment_words, number_words

FIRST_YEAR, LAST_YEAR = 1900, 2200
"""No plan was before the first; a deadline after the second is a slip of the hand."""
MOST_ATTENDING = 100_000


def year_fault(moment: date) -> str:
    """What is wrong with a day or a moment, whatever it is for; «»: nothing."""
    if FIRST_YEAR <= moment.year <= LAST_YEAR:
        return ""
    return f"phải trong khoảng từ năm {FIRST_YEAR} đến năm {LAST_YEAR}"


def day_from(text: str) -> date:
    """A local day from «2020-05-08» or «8/5/2020». Raises UsageError for 30/02, words, the year 1."""
    try:
        if "/" in text:
            day, month, year = (int(part) for part in text.split("/"))
            found = date(year, month, day)
        else:
            found = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"«{text}» không phải ngày hợp lệ; hãy ghi như 29/04/2020.") from None
    return require_reason(found)


def instant_from(text: str, at: time = time()) -> datetime:
    """An instant (UTC) from ISO 8601 or «20/4/2020 08:00»: without a zone it is local, a day alone means `at`
    on that day. Raises UsageError."""
    try:
        found = datetime.fromisoformat(_as_iso(text))
    except ValueError:
        raise UsageError(
            f"«{text}» không phải thời điểm hợp lệ; hãy viết như 2020-04-20T08:00+07:00 hoặc 2020-04-20."
        ) from None
    if len(_as_iso(text)) == len("2020-04-20"):
        found = datetime.combine(found, at)
    require_reason(found)
    return (found if found.tzinfo else found.replace(tzinfo=LOCAL)).astimezone(UTC)


def _as_iso(text: str) -> str:
    """«20/4/2020 08:00» as ISO writes it; anything else as it is."""
    day, _, clock = text.strip().partition(" ")
    if "/" not in day:
        return text
    return f"{day_from(day).isoformat()}T{clock}" if clock else day_from(day).isoformat()


def require_reason(day: date) -> date:
    """The day, or moment; UsageError where its year cannot be meant."""
    if fault := year_fault(day):
        raise UsageError(f"Ngày tháng {fault}; hãy kiểm tra lại năm {day.year}.")
    return day


def require_attending(count: int) -> None:
    """How many came to a conference: a number of people, not of a telephone."""
    if not 0 <= count <= MOST_ATTENDING:
        most = number_words(MOST_ATTENDING)
        raise UsageError(f"Số người dự phải từ 1 đến {most}; hãy kiểm tra lại số đã ghi.")


def require_past(name: str, at: datetime, now: datetime) -> None:
    """When something was received, signed or issued (`name`, in words): within reason, and not to come."""
    require_reason(at)
    if at > now:
        raise UsageError(f"Thời điểm {name} ở tương lai; hãy kiểm tra lại ngày giờ.")


def require_opened(came: datetime, now: datetime, opened: datetime) -> None:
    """What is written down as received earlier came when it could be handed in: RefusedError before
    `opened` (UTC), when the obligation opened or its plan was issued."""
    if came < now and came < opened:
        raise RefusedError(
            f"Thời điểm nhận {moment_words(came)} trước khi nghĩa vụ mở ({moment_words(opened)}); "
            "hãy kiểm tra lại ngày giờ."
        )


def require_dated(name: str, at: datetime | None, now: datetime, issued_on: date) -> None:
    """When a document was signed or issued, as somebody wrote it down: not before the plan that asks for
    it was issued."""
    if at is None:
        return
    require_past(name, at, now)
    if local_day(at) < issued_on:
        raise RefusedError(
            f"Thời điểm {name} {moment_words(at)} trước ngày ban hành kế hoạch "
            f"({date_words(issued_on)}); hãy kiểm tra lại ngày giờ."
        )
