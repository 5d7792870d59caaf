"""Every act of `dashboard.acts.table` as a call: the same rows as the pages' forms."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request

from dashboard.acts.act import Act, Doing
from dashboard.acts.bodies import NothingIn
from dashboard.acts.table import ACTS, TARGETS
from dashboard.api import schemas
from dashboard.api.auth import Caller, by
from dashboard.api.handing_in import sent_files
from dashboard.api.obligations import as_it_stands
from dashboard.api.problems import RESPONSES
from dashboard.web.request import MissingError
from intake.files.attached import keep_attached
from plan.database import writing
from plan.errors import NotFoundError
from plan.ledger.filing import FiledFile
from plan.models import Plan

api = APIRouter(responses=RESPONSES)


def _do(caller: Caller, act: Act, params: dict[str, Any], body: Any) -> str:
    target = TARGETS[act.on]
    files: tuple[FiledFile, ...] = ()
    if act.takes_files and body.files:
        sent = sent_files(caller, body.files)
        files = keep_attached(caller.site.store, sent, caller.site.limits)
    with writing(caller.site.engine) as session:
        plan = session.get_one(Plan, caller.plan.id)
        try:
            key, code = target.find(session, plan, params)
        except NotFoundError:
            raise MissingError from None
        return act.do(Doing(session, plan, key, code, caller.who(), files), body)


_FORM = Form(media_type="multipart/form-data")
_PARAMETER = re.compile(r"{(\w+)")


def _in_path(name: str) -> dict[str, Any]:
    """How OpenAPI describes a part of the path; FastAPI sees only those that the call takes by name."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _register(act: Act) -> None:
    """An endpoint whose signature says what this act takes: FastAPI reads and describes it from there."""
    path = f"{TARGETS[act.on].api}/{act.name}"
    one = act.on == "obligation"

    def call(request: Request, body: Any, caller: Caller) -> Any:
        params = dict(request.path_params)
        said = _do(caller, act, params, body)
        return (
            as_it_stands(caller, params["agency"], params["deliverable"])
            if one
            else schemas.SaidOut(said=said)
        )

    taken = Annotated[act.body, _FORM] if act.takes_files else act.body
    call.__annotations__ |= {"body": taken, "caller": Caller, "request": Request}
    nothing = (NothingIn(),) if act.body is NothingIn else ()  # then it need not be sent either
    call.__defaults__ = (*nothing, by(act.may))
    call.__name__ = f"{act.on}_{act.name.replace('-', '_')}"
    answer = schemas.ObligationOut if one else schemas.SaidOut
    api.add_api_route(
        path,
        call,
        methods=["POST"],
        summary=act.title,
        description=act.follows,
        response_model=answer,
        openapi_extra={"parameters": [_in_path(name) for name in _PARAMETER.findall(path)]},
    )


for _act in ACTS:
    _register(_act)
