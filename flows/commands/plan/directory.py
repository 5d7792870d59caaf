"""`directory …`: agencies and people once for all plans. `upgrade`: moving an older home there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import REVIEWER, By, JsonOption, PlanOption
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
    write_table,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

    from plan.directory.agencies import Difference
    from plan.directory.entries import Entry

directory_app = typer.Typer(help="Danh bạ cơ quan chung của mọi kế hoạch.", no_args_is_help=True)
ApplyOption = Annotated[
    bool, typer.Option("--apply", help="Ghi những thay đổi vừa xem. Bỏ trống: chỉ cho xem.")
]
CodeArgument = Annotated[str, typer.Argument(metavar="MÃ", help="Mã cơ quan trong danh bạ.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(upgrade)
    app.add_typer(directory_app, name="directory")


@directory_app.command("list")
@reports_errors
def listed(
    kind: Annotated[str, typer.Option("--kind", help="Chỉ một loại: xã, phường, sở…")] = "",
    as_json: JsonOption = False,
) -> None:
    """Các cơ quan trong danh bạ."""
    from plan.directory.agencies import read_directory, rows_of
    from plan.directory.entries import HEADS

    with reading() as session:
        entries = [one for one in read_directory(session).values() if kind in ("", one.kind)]
    rows = rows_of(entries)
    if as_json:
        print_json([dict(zip(HEADS.words, row, strict=True)) for row in rows])
    else:
        print_table(list(HEADS.words.values()), rows)


@directory_app.command()
@reports_errors
def export(out: Annotated[Path, typer.Argument(help="Tệp .xlsx hoặc .csv sẽ ghi.")]) -> None:
    """Ghi danh bạ cơ quan ra tệp để sửa rồi nhập lại."""
    from dashboard.table import Table
    from plan.directory.agencies import read_directory, rows_of
    from plan.directory.entries import HEADS

    with reading() as session:
        rows = rows_of(read_directory(session).values())
    write_table(out, Table("Cơ quan", list(HEADS.words.values()), rows))


@directory_app.command("import")
@reports_errors
def imported(
    file: Annotated[Path, typer.Argument(help="Tệp .xlsx hoặc .csv như `directory export` ghi.")],
    apply: ApplyOption = False,
    by: By = REVIEWER,
) -> None:
    """Xem một tệp danh bạ sẽ thêm, đổi gì; có --apply thì ghi, tất cả hoặc không gì."""
    from intake.tables import read_table
    from plan.directory.agencies import read_directory
    from plan.directory.entries import HEADS, from_lines

    with reading() as session:
        entries = from_lines(read_table(file, HEADS), read_directory(session))
    _take_in(entries, file.name, by, apply=apply)


@directory_app.command()
@reports_errors
def load(
    name: Annotated[str, typer.Argument(help="binh-dinh-2020 hoặc gia-lai-2025.")],
    apply: ApplyOption = False,
    by: By = REVIEWER,
) -> None:
    """Nạp một danh bạ có sẵn của chương trình."""
    from plan.definition.directories import read_directory as read_shipped
    from plan.directory.agencies import read_directory
    from plan.directory.entries import from_plan

    agencies = read_shipped(name)
    with reading() as session:
        entries = from_plan(agencies, read_directory(session))
    _take_in(entries, name, by, apply=apply)


def _take_in(entries: Sequence[Entry], source: str, by: str, *, apply: bool) -> None:
    from plan.directory.agencies import compare, read_directory, write_agencies

    if apply:
        with writing() as session:
            found = write_agencies(
                session, entries, source=source, actor=actor(by, "coordinator"), now=clock_now()
            )
    else:
        with reading() as session:
            found = compare(read_directory(session), entries)
    _tell(found)
    if not apply:
        typer.echo("Chưa ghi gì. Đúng như vậy thì chạy lại với --apply.")


def _tell(found: Sequence[Difference]) -> None:
    from plan.text import number_words

    for one in found:
        typer.echo(one.words())
    changing = sum(one.change != "gone" for one in found)
    typer.echo(f"{number_words(changing)} cơ quan mới hoặc đổi.")


@directory_app.command()
@reports_errors
def end(
    code: CodeArgument,
    on: Annotated[str, typer.Option("--on", help="Ngày cuối cùng còn hoạt động.")],
    into: Annotated[
        list[str] | None,
        typer.Option("--into", help="Mã cơ quan kế tục; chia tách thì ghi nhiều lần."),
    ] = None,
    by: By = REVIEWER,
) -> None:
    """Ghi một cơ quan sáp nhập, chia tách hoặc kết thúc. Việc còn nợ không tự chuyển: xem `hand-over`."""
    from plan.directory.agencies import end_agency
    from plan.plausible import day_from

    with writing() as session:
        end_agency(
            session, code, into or [], day_from(on), actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(
        f"Đã ghi. Việc còn nợ chưa chuyển đi đâu; chuyển: dondoc directory hand-over {code} MÃ-KẾ-TỤC"
    )


@directory_app.command("hand-over")
@reports_errors
def handed_over(
    code: Annotated[str, typer.Argument(metavar="MÃ", help="Mã cơ quan trong kế hoạch.")],
    successor: Annotated[str, typer.Argument(metavar="MÃ-KẾ-TỤC", help="Mã trong danh bạ.")],
    plan: PlanOption = "",
    by: By = REVIEWER,
) -> None:
    """Chuyển việc còn nợ của cơ quan đã sáp nhập, chia tách cho cơ quan kế tục."""
    from plan.handing_over import hand_over

    with writing() as session:
        plan_id = current_plan(session, plan).id
        done = hand_over(
            session, plan_id, code, successor, actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã chuyển {done.words()}.")


@directory_app.command()
@reports_errors
def away(
    code: CodeArgument,
    name: Annotated[str, typer.Argument(metavar="TÊN", help="Ai vắng: họ tên hoặc địa chỉ thư.")],
    substitute: Annotated[str, typer.Option("--substitute", help="Ai nhận thay.")],
    start: Annotated[str, typer.Option("--from", help="Ngày đi.")],
    end_on: Annotated[str, typer.Option("--to", help="Ngày cuối cùng còn vắng.")],
    by: By = REVIEWER,
) -> None:
    """Ghi một người vắng: người thay nhận mọi tin của họ, trong mọi kế hoạch, từ ngày đến ngày."""
    from plan.directory.absences import note_absence
    from plan.directory.seats import find_seat
    from plan.plausible import day_from

    with writing() as session:
        gone, other = find_seat(session, code, name), find_seat(session, code, substitute)
        days = day_from(start), day_from(end_on)
        note_absence(
            session, gone, other, *days, plan_id="", actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã ghi: {other.name} nhận thay {gone.name}.")


@directory_app.command()
@reports_errors
def seats(
    code: Annotated[str, typer.Argument(metavar="MÃ", help="Mã cơ quan trong kế hoạch.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="TÊN…", help="Ai phụ trách: họ tên hoặc địa chỉ thư."),
    ] = None,
    plan: PlanOption = "",
    by: By = REVIEWER,
    as_json: JsonOption = False,
) -> None:
    """Ai của cơ quan phụ trách kế hoạch này; nêu tên thì từ nay chỉ những người ấy phụ trách."""
    from plan.directory.looking_after import choose_people, seat_choices

    if names:
        with writing() as session:
            plan_id = current_plan(session, plan).id
            who, now = actor(by, "coordinator"), clock_now()
            chosen = choose_people(session, plan_id, code, names, actor=who, now=now)
        typer.echo(f"Từ nay phụ trách kế hoạch này: {', '.join(chosen)}.")
        return
    with reading() as session:
        found = seat_choices(session, current_plan(session, plan).id, code)
    if as_json:
        print_json(
            [
                {"name": one.person.name, "email": one.person.email, "looks_after": one.chosen}
                for one in found
            ]
        )
        return
    words = {True: "phụ trách", False: "không"}
    print_table(
        ["Tên", "Thư điện tử", "Kế hoạch này"],
        [[one.person.name, one.person.email, words[one.chosen]] for one in found],
    )


@directory_app.command()
@reports_errors
def questions() -> None:
    """Cơ quan, người trông như một mà đang để là hai."""
    with reading() as session:
        _ask(session)


def _ask(session: Session) -> None:
    from plan.directory.questions import namesakes, open_questions

    asked = open_questions(session)
    for question in asked:
        typer.echo(f"# {question.why}\n{question.one} = {question.other}: ?")
    if asked:
        typer.echo(
            "# Chép các dòng trên vào một tệp, thay «?» bằng «một» (là một cơ quan) hoặc «hai», rồi chạy: "
            "dondoc upgrade --answers TỆP"
        )
    same = namesakes(session)
    for one in same:
        typer.echo(f"# Cùng tên, khác địa chỉ: {one.words()}")
    if same:
        typer.echo("# Là một người thì sửa cho địa chỉ giống nhau ở trang Danh bạ.")
    if not asked and not same:
        typer.echo("Không có gì phải hỏi.")


@reports_errors
def upgrade(
    answers: Annotated[
        Path | None, typer.Option("--answers", help="Tệp trả lời các câu hỏi đã in.")
    ] = None,
    by: By = REVIEWER,
) -> None:
    """Đưa cơ sở dữ liệu lên bản này và in những gì phải hỏi. Dừng giữa chừng thì chạy lại."""
    from plan.database import migrate, open_engine
    from plan.directory.questions import answer
    from plan.settings import get_settings
    from plan.text import number_words

    migrate(open_engine(get_settings().resolved_database_url))
    typer.echo("Cơ sở dữ liệu đã đúng bản.")
    if answers is not None:
        lines = answers.read_text(encoding="utf-8-sig").splitlines()
        with writing() as session:
            joined, apart = answer(session, lines, actor=actor(by, "coordinator"), now=clock_now())
        typer.echo(
            f"Đã gộp {number_words(joined)} cơ quan, ghi {number_words(apart)} cặp là hai cơ quan."
        )
    with reading() as session:
        _ask(session)
