"""The directory's people, whatever plans they look after."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, File, UploadFile
from starlette.responses import Response

from dashboard.api import office_schemas, schemas
from dashboard.api.auth import Caller, Page, TaggedRoute, ahead_over
from dashboard.api.problems import RESPONSES
from dashboard.auth.viewer import OFFICE, STAFF
from intake.tables import read_table, table_name
from plan.database import writing
from plan.directory.looking_after import plans_by_person
from plan.directory.people import import_people, list_people
from plan.text import number_words

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)


@api.get("/directory/people", summary="Người của cả danh bạ, và kế hoạch họ phụ trách")
def people(
    page: Page, response: Response, callers: list[Caller] = ahead_over(STAFF)
) -> list[office_schemas.PersonOut]:
    session = callers[0].session
    shown = page.cut(list_people(session), response)
    plans = plans_by_person(session, {one["agency"] for one in shown})
    return [
        office_schemas.PersonOut.model_validate(one | {"plans": list(plans.get(one["id"], ()))})
        for one in shown
    ]


@api.post("/directory/people", summary="Nhập người của cả danh bạ từ tệp", status_code=201)
def import_everybody(
    file: Annotated[UploadFile, File(description="Như `dondoc contacts import --directory` nhận.")],
    callers: list[Caller] = ahead_over(OFFICE),
) -> schemas.SaidOut:
    """Thay mọi người của từng cơ quan có trong tệp, tất cả hoặc không gì."""
    caller = callers[0]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / table_name(file.filename or "danh-ba.csv")
        path.write_bytes(file.file.read())
        with writing(caller.site.engine) as session:
            count = import_people(session, path, read=read_table, **caller.who())
    return schemas.SaidOut(said=f"Đã nhập {number_words(count)} người nhận.")
