"""Options and arguments that many commands take: said once, so that they mean the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

PlanOption = Annotated[str, typer.Option("--plan", help="Mã kế hoạch, nếu có nhiều.")]
JsonOption = Annotated[bool, typer.Option("--json", help="In JSON.")]
AsOf = Annotated[str, typer.Option("--as-of", help="Thời điểm xem, ví dụ 2020-04-30T08:00+07:00.")]
By = Annotated[str, typer.Option("--by", help="Người thực hiện.")]
Reason = Annotated[str, typer.Option("--reason", help="Lý do, bằng lời.")]
Target = Annotated[str, typer.Argument(help="cơ-quan/sản-phẩm, ví dụ an-lao/district-report.")]
REVIEWER = "Phòng Cải cách hành chính"
"""Who decides where nobody is named: the office that follows the plan."""

plan_app = typer.Typer(help="Xem, kiểm tra kế hoạch.", no_args_is_help=True)
review_app = typer.Typer(help="Duyệt sản phẩm đã nộp.", no_args_is_help=True)
"""Groups to which more than one file adds commands."""
