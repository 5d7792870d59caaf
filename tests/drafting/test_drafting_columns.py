"""What a column was taken for is shown, and the table is read again as a person says."""

from __future__ import annotations

import re
from pathlib import Path

from drafting import workshop
from plan.database import reading
from tests.browser.support import dashboard_at

TABLE = (
    "TT,Nội dung,Bên lo,Cơ quan chủ trì,Hạn\n"
    "1,Xây dựng kế hoạch kiểm tra công vụ,Sở Nội vụ,Sở Tư pháp,15/12/2027\n"
    "2,Xây dựng đề án dược liệu của tỉnh,Sở Y tế,Sở Tài chính,20/12/2027\n"
)


def test_a_table_is_read_again_by_the_columns_a_person_names(tmp_path: Path) -> None:
    dash = dashboard_at(tmp_path)
    client = dash.client("coordinator")
    file = {"tep": ("bang.csv", TABLE.encode(), "text/csv")}
    desk = dash.post(client, "/soan", files=file).headers["location"]
    key = int(desk.rsplit("/", 1)[1])
    dash.post(client, f"{desk}/sua", ban="1", dong="n2", deliverable="Đề án dược liệu")
    page = client.get(desk).text
    heads = re.findall(r'<label for="(cot-\d)">([^<]+)</label>', page)
    assert [head for _, head in heads] == ["TT", "Nội dung", "Bên lo", "Cơ quan chủ trì", "Hạn"]
    said = dict(
        zip((name for name, _ in heads), ("no", "task", "owner", "partner", "time"), strict=True)
    )
    assert dash.post(client, f"{desk}/cot", ban="2", **said).status_code == 303
    with reading(dash.engine) as session:
        rows = workshop.as_it_stands(workshop.find_draft(session, key))["obligations"]
    assert [(row["owners"], row["cooperating"]) for row in rows] == [
        (["Sở Nội vụ"], ["Sở Tư pháp"]), (["Sở Y tế"], ["Sở Tài chính"]),
    ]  # fmt: skip
    assert rows[1]["deliverable"] == "Đề án dược liệu"  # changed by hand before: stays
    dash.engine.dispose()
