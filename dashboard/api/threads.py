"""Questions and answers about an obligation, with their files; said by the acts `ask` and `answer`."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from dashboard.acts import bodies
from dashboard.api import schemas
from dashboard.api.auth import Caller, TaggedRoute, looking
from dashboard.api.obligations import ONE, view_of
from dashboard.api.problems import BYTES, PLAIN, RESPONSES
from dashboard.auth.viewer import EVERYONE
from dashboard.rendering.export import attachment
from dashboard.web.request import MissingError
from plan.models import Post
from plan.queries.threads import file_of, files_with, thread

api = APIRouter(route_class=TaggedRoute, responses=RESPONSES)


class PostFileOut(schemas.Out):
    id: int
    filename: str
    sha256: str
    size: int


class PostOut(schemas.Out):
    """What was said in a thread."""

    id: int
    at: schemas.Instant
    said_by: str
    role: str
    """agency | coordinator: which side spoke."""
    words: str
    files: list[PostFileOut]


def posts_out(session: Session, posts: Sequence[Post]) -> list[PostOut]:
    """Posts with their files. One query."""
    sent = files_with(session, posts)
    return [
        PostOut(
            **post.model_dump(include={"id", "at", "said_by", "role", "words"}),
            files=[PostFileOut.model_validate(file) for file in sent.get(post.id or 0, ())],
        )
        for post in posts
    ]


def sent_along(caller: Caller, obligation_id: int, file: int) -> Response:
    """The very bytes of a file of this obligation's thread."""
    found = file_of(caller.session, obligation_id, file)
    if found is None:
        raise MissingError
    return attachment(caller.site.store.get(found.sha256), found.filename, PLAIN)


@api.get(f"{ONE}/thread", summary="Hỏi đáp về một nghĩa vụ, cũ trước")
def talk(agency: str, deliverable: str, caller: Caller = looking(EVERYONE)) -> list[PostOut]:
    view = view_of(caller, agency, deliverable)
    return posts_out(caller.session, thread(caller.session, view.row_id, caller.as_of))


@api.get(
    f"{ONE}/thread/files/{{file}}",
    summary="Tải tệp kèm một câu hỏi hay câu trả lời",
    response_class=Response,
    responses=BYTES,
)
def thread_file(
    agency: str, deliverable: str, file: bodies.RowId, caller: Caller = looking(EVERYONE)
) -> Response:
    return sent_along(caller, view_of(caller, agency, deliverable).row_id, file)
