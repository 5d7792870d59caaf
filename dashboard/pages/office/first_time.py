"""Lần đầu: the page a new installation opens on, until a plan has run: the ways to a plan of one's own."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE
from dashboard.pages.overview import never_ran
from dashboard.pages.plans import YEAR_SECONDS
from dashboard.web.request import PLAN_COOKIE, Visit
from dashboard.web.routing import Pages
from intake.files.gate import Limits, Refused, open_archive, read_part
from plan.definition.checks import load_checked
from plan.definition.faults import PlanFaults
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.models import Plan

pages = Pages()
MOST_FAULTS = 100
"""Told at once; of more, how many."""
LIMITS = Limits(max_bytes=5_000_000, max_unpacked=20_000_000, max_part=5_000_000, max_entries=300)
"""A plan's folder is text: Plan 04 with its eight appendices has 300 kB."""
KINDS = (".yaml", ".yml")


@pages.get("/lan-dau", may=OFFICE)
def index(visit: Visit) -> Response:
    return visit.render("first_time.html", fresh=never_ran(visit), faults=[], count=0)


@pages.post("/lan-dau/thu-muc", may=OFFICE, takes_files=True)
def take_folder(visit: Visit) -> Response:
    """A plan's folder as .zip: checked as `dondoc plan check` does, then a draft; all of it or nothing."""
    sent = visit.uploads("tep")
    if not sent:
        raise RefusedError("Chưa chọn tệp .zip.")
    with _unpacked(sent[0].file.read(LIMITS.max_bytes + 1)) as folder:
        try:
            definition = load_checked(folder)
        except PlanFaults as found:
            told = [str(fault).replace(f"{folder}/", "") for fault in found.faults]
            values = {"faults": told[:MOST_FAULTS], "count": len(told), "fresh": never_ran(visit)}
            return visit.render("first_time.html", status=422, **values)
    with visit.writing() as session:
        if session.get(Plan, definition.id) is not None:
            raise RefusedError(
                f"Đã có kế hoạch mã «{definition.id}»; hãy đổi `id` trong plan.yaml, hoặc sửa kế hoạch ấy."
            )
        load_plan(session, definition, actor=visit.who.actor, now=visit.now)
    visit.set_cookie(PLAN_COOKIE, definition.id, YEAR_SECONDS)
    return visit.redirect("/ke-hoach/bat-dau", f"Đã nạp {definition.number} thành bản nháp.")


@contextmanager
def _unpacked(data: bytes) -> Iterator[Path]:
    """The folder that holds `plan.yaml`, from the archive; only the plan format's own files are taken."""
    try:
        if len(data) > LIMITS.max_bytes:
            raise RefusedError("Tệp .zip lớn quá 5 MB; thư mục kế hoạch chỉ gồm các tệp .yaml.")
        archive = open_archive(data, LIMITS)
        with tempfile.TemporaryDirectory() as root:
            for name in archive.namelist():
                path = PurePosixPath(name)
                if path.suffix not in KINDS or path.is_absolute() or ".." in path.parts:
                    continue
                target = Path(root) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(read_part(archive, name))
            found = sorted(Path(root).rglob("plan.yaml"), key=lambda one: len(one.parts))
            if not found:
                raise RefusedError(
                    "Trong tệp .zip không có plan.yaml; hãy nén cả thư mục kế hoạch."
                )
            yield found[0].parent
    except (Refused, zipfile.BadZipFile) as refused:
        words = refused.finding.message if isinstance(refused, Refused) else "tệp hỏng"
        raise RefusedError(f"Không mở được tệp .zip: {words}") from None
