"""`inbox …`: mails that hand something in, read now, listed, filed or passed over; `edoc …`: packages of the
document axis, made and looked into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.intake.support import start_reading, store
from flows.commands.options import REVIEWER, By, JsonOption, PlanOption
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from intake.inbox.reading import MailDesk
    from plan.models import IncomingMail

inbox_app = typer.Typer(help="Bài nộp qua thư và thư mục nhận tệp.", no_args_is_help=True)
edoc_app = typer.Typer(help="Gói edXML của trục liên thông văn bản.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Tệp kèm, đã ký.")]
Number = Annotated[int, typer.Argument(help="Số thư (xem: dondoc inbox list).")]
STATES = {
    "fetched": "mới nhận",
    "filed": "đã nộp",
    "to_confirm": "chờ người gửi xác nhận",
    "to_person": "chờ Sở Nội vụ xem",
    "ignored": "bỏ qua",
}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(inbox_app, name="inbox")
    app.add_typer(edoc_app, name="edoc")


@inbox_app.command("list")
@reports_errors
def inbox_list(
    every: Annotated[bool, typer.Option("--all", help="Cả thư đã xử lý.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bao nhiêu thư.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Thư đang chờ quyết định, mới nhất trước."""
    from sqlmodel import col, select

    from intake.inbox.claims import WAITING
    from plan.models import IncomingMail

    statement = select(IncomingMail).order_by(col(IncomingMail.id).desc()).limit(limit)
    if not every:
        statement = statement.where(col(IncomingMail.state).in_(WAITING))
    with reading() as session:
        rows = list(session.exec(statement))
    if as_json:
        print_json([_as_json(row) for row in rows])
    elif rows:
        print_table(
            ["Số", "Đến lúc", "Người gửi", "Cơ quan", "Tiêu đề", "Trạng thái", "Vì sao"],
            [_line(row) for row in rows],
        )
    else:
        typer.echo("Không có thư nào đang chờ.")


@inbox_app.command("read")
@reports_errors
def inbox_read(as_json: JsonOption = False) -> None:
    """Đọc hộp thư và thư mục nhận tệp ngay, không đợi lịch."""
    from flows.jobs.inbox import read_inbox, set_up
    from notifications.plan_context import messaging_from
    from plan.errors import SettingsError
    from plan.settings import get_settings
    from plan.text import number_words

    settings = get_settings()
    if not set_up(settings):
        raise SettingsError("Chưa đặt DONDOC_INBOX_URL hoặc DONDOC_INBOX_DIR.")
    start_reading()
    done = read_inbox(engine(), settings, messaging_from(settings), store(), clock_now)
    if as_json:
        print_json(vars(done))
    else:
        typer.echo(f"{number_words(done.claimed)} thư mới.")
        for state, count in done.states.items():
            typer.echo(f"{number_words(count)} thư: {STATES[state]}.")
        for words in done.faults:
            typer.echo(words, err=True)
    if done.faults:
        raise typer.Exit(1)


@inbox_app.command("file")
@reports_errors
def inbox_file(
    number: Number,
    obligation: Annotated[str, typer.Argument(help="cơ-quan/sản-phẩm.")],
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Nộp các tệp của một thư cho một nghĩa vụ, tính từ lúc thư đến."""
    from intake.inbox.filing import file_for

    start_reading()
    with reading() as session:
        plan_id = current_plan(session, plan).id
    file_for(_desk(), number, plan_id, obligation, actor(by, "coordinator"))
    typer.echo(f"Đã ghi thư số {number} vào sổ cho {obligation}.")


@inbox_app.command("ignore")
@reports_errors
def inbox_ignore(number: Number, by: By = REVIEWER, plan: PlanOption = "") -> None:
    """Bỏ qua một thư: không phải bài nộp. Thư vẫn được giữ."""
    from intake.inbox.filing import ignore

    with reading() as session:
        plan_id = current_plan(session, plan).id
    ignore(engine(), number, plan_id, actor(by, "coordinator"), clock_now())
    typer.echo(f"Đã bỏ qua thư số {number}.")


def _desk() -> MailDesk:
    from dashboard.mail_desk import mail_desk
    from notifications.plan_context import messaging_from
    from plan.settings import get_settings

    settings = get_settings()
    return mail_desk(engine(), settings, messaging_from(settings), store(), clock_now())


def _line(row: IncomingMail) -> list[str]:
    from plan.text import moment_words

    return [
        str(row.id),
        moment_words(row.received_at),
        row.sender_name or row.sender,
        row.agency,
        row.subject,
        STATES[row.state],
        row.why,
    ]


def _as_json(row: IncomingMail) -> dict[str, Any]:
    names = (
        "id",
        "received_at",
        "sender",
        "subject",
        "agency",
        "state",
        "why",
        "trusted",
        "outcome",
    )
    return {name: getattr(row, name) for name in names}


# --- packages of the document axis -----------------------------------------------------------------


@edoc_app.command("pack")
@reports_errors
def edoc_pack(
    files: Files,
    to: Annotated[
        list[str], typer.Option("--to", help="Cơ quan, hoặc mã trên trục; lặp lại được.")
    ],
    number: Annotated[str, typer.Option("--number", help="Số và ký hiệu: 12/SNV-CCHC.")],
    subject: Annotated[str, typer.Option("--subject", help="Trích yếu.")],
    on: Annotated[str, typer.Option("--on", help="Ngày ban hành (YYYY-MM-DD).")],
    due: Annotated[str, typer.Option("--due", help="Hạn trả lời (YYYY-MM-DD).")] = "",
    signer: Annotated[str, typer.Option("--signer", help="Người ký.")] = "",
    out: Annotated[Path | None, typer.Option("--out", help="Thư mục ghi ra.")] = None,
    plan: PlanOption = "",
) -> None:
    """Đóng một văn bản đã ký thành gói edXML để phần mềm nối trục gửi đi."""
    from flows.commands.support import local_date
    from flows.jobs.edoc_letters import is_code, organs, send
    from intake.mail.letters import LetterFacts
    from plan.errors import UsageError
    from plan.queries.definitions import definition_of
    from plan.settings import get_settings

    settings = get_settings()
    folder = out or settings.edoc_out_dir
    if folder is None or not settings.edoc_organ_id:
        raise UsageError("Cần DONDOC_EDOC_ORGAN_ID, và --out hoặc DONDOC_EDOC_OUT_DIR.")
    facts = LetterFacts(number, subject, local_date(on), local_date(due) if due else None, signer)
    packed = tuple((one.name, one.read_bytes()) for one in files)
    definition = None
    if not all(map(is_code, to)):
        with reading() as session:
            definition = definition_of(current_plan(session, plan))
    receivers = organs(to, definition, settings.edoc_organ_id)
    package, letter = send(folder, facts, packed, settings.edoc_organ_id, receivers, clock_now())
    typer.echo(f"Đã đóng gói {package}, gửi {', '.join(one.name or one.id for one in letter.to)}.")


@edoc_app.command("show")
@reports_errors
def edoc_show(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Gói edXML.")],
    as_json: JsonOption = False,
) -> None:
    """Trong gói có gì: nơi gửi, số, ngày, trích yếu, tệp; hoặc trạng thái của văn bản nào."""
    from documents.edxml import EdxmlError, Status, read
    from plan.errors import RefusedError

    try:
        package = read(file.read_bytes())
    except EdxmlError as problem:
        raise RefusedError(str(problem)) from None
    if isinstance(package, Status):
        said = {
            "Trạng thái": package.words,
            "Của": package.sender.name or package.sender.id,
            "Về văn bản": package.about.document_id or package.about.number,
            "Ghi chú": package.description,
        }
    else:
        said = {
            "Nơi gửi": package.sender.name or package.sender.id,
            "Mã": package.sender.id,
            "Số": package.reference,
            "Ngày": f"{package.promulgated_on:%d/%m/%Y}" if package.promulgated_on else "",
            "Trích yếu": package.subject,
            "Tệp": ", ".join(one.name for one in package.attachments),
        }
    if as_json:
        print_json(said)
        return
    for name, value in said.items():
        if value:
            typer.echo(f"{name}: {value}")
