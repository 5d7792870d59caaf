"""Addresses of every kind of page on the sample plan, by who walks them.

A route that is added is missed by `test_every_page_is_looked_at` until it stands here.
"""

from __future__ import annotations

OFFICE = (
    "/",
    "/?nhom=district&con-no=1",
    "/lanh-dao",
    "/ke-hoach",
    "/ke-hoach/dung",
    "/soan",
    "/ban-lam-viec",
    "/bang-diem",
    "/bang-diem?theo=year&dong=2020",
    "/moc",
    "/moc/district-reports",
    "/moc/standing-duties",
    "/co-quan",
    "/co-quan/vinh-thanh",
    "/nghia-vu",
    "/nghia-vu?trang-thai=submitted",
    "/nghia-vu/vpub/appendix-3",
    "/nghia-vu/tay-son/district-report",
    "/nghia-vu/van-canh/district-report",
    "/nghia-vu/an-lao/district-report",
    "/nghia-vu/snv/appendix-4",
    "/gia-han",
    "/nhac-viec",
    "/nhac-viec/sap-gui",
    "/nhac-viec/3",
    "/nhac-viec/sap-gui/1",
    "/hop-thu-den",
    "/tong-hop",
    "/tong-hop/provincial-appendices/1",
    "/tong-hop/provincial-appendices/1/so-lieu?phu-luc=PL2",
    "/tong-hop/provincial-appendices/1/so-lieu/PL2.1?ky=2018",
    "/tong-hop/provincial-appendices/1/khac",
    "/tong-hop/provincial-report/1",
    "/tong-hop/provincial-report/1/so-lieu?muc=p1-ii-1",
    "/tong-hop/provincial-report/1/so-lieu/PL2.1?ky=2018",
    "/lich",
    "/lich?thang=2020-04",
    "/nhat-ky",
    "/nhat-ky/kiem-tra",
    "/quan-tri",
    "/quan-tri/danh-ba",
    "/quan-tri/danh-ba/3",
    "/quan-tri/chinh-sach",
    "/quan-tri/lich-nghi",
    "/quan-tri/mau-tin",
    "/quan-tri/duong-dan",
    "/tai-khoan",
)
ADMIN = ("/quan-tri/nguoi-dung", "/quan-tri/khoa-api", "/quan-tri/webhook", "/quan-tri/api")
AGENCY = (
    "/don-vi/vpub",
    "/don-vi/vpub/appendix-3",
    "/don-vi/vpub/thematic-report",
    "/don-vi/vpub/lich",
    "/tai-khoan",
)
DISTRICT = ("/don-vi/vinh-thanh", "/don-vi/vinh-thanh/district-conference")
OPEN = ("/dang-nhap", "/mot-lan/khong-co", "/l/khong.co")
WALKS = {
    "coordinator": ((), OFFICE),
    "admin": ((), ADMIN),
    "agency": (("vpub",), AGENCY),
    "": ((), OPEN),
}
"""Role → (agencies, paths)."""
ELSEWHERE = {
    "obligations.compare": "needs two submissions: seen on the way from a link to the workbook",
    "sign_in.code_form": "seen when an administrator comes in",
    "sign_in.enrol_form": "seen when an administrator comes in",
    "links.personal_file_form": "the same page as that of a link to an agency's page",
    "reminders.mail": "a mail in a frame, written by the templates of messages",
    "reminders.preview_mail": "a mail in a frame, written by the templates of messages",
    "administration.template_mail": "a mail in a frame, written by the templates of messages",
    "files.for_office": "a file",
    "files.for_agency": "a file",
    "files.marked": "a file",
    "calendar.feed": "a file",
    "mine.workbook": "a file",
    "mine.outline": "a file",
    "runs.download": "a file",
    "time_travel.moment": "leads on to another page",
    "time_travel.look_as": "leads on to another page",
    "drafting.show": "needs a document: seen on the way from a text to a plan",
    "drafting.blank_table": "a file; opened in tests/test_drafting_again.py",
    "drafting.changes": "needs a table taken in twice: tests/test_drafting_again.py",
    "plans.start_form": "needs a draft: seen when a plan is started",
    "inbox.show": "needs a mail: tests/test_mail_pages.py",
    "inbox.whole": "a file; opened in tests/test_mail_pages.py",
    "inbox.confirm_form": "needs a mail: tests/test_mail_pages.py",
    "sign_in.begin": "leads on to another page",
    "sign_in.finish": "leads on to another page",
}
"""Routes that no walk opens, by name, and why."""
