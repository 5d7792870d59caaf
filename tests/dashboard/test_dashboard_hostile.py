"""Requests that mean harm: forged forms, foreign pages, big and slow bodies, tricks with paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from sqlmodel import select

from dashboard.rendering.export import attachment
from dashboard.web.security import POLICY, SMALL_BODY
from plan.database import reading
from tests.browser.support import Dash, dashboard_at

FORM = "/don-vi/vpub/appendix-3/khong-phat-sinh"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("hostile"), max_upload_bytes=200_000)
    yield made
    made.engine.dispose()


# --- headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/dang-nhap", "/", "/khong-co", "/static/style.css", "/health"])
def test_every_answer_carries_the_headers(dash: Dash, path: str) -> None:
    headers = dash.client("coordinator").get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_the_policy_allows_nothing_inline_nor_from_elsewhere() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path",
    ["/", "/lanh-dao", "/moc", "/co-quan", "/nghia-vu", "/nghia-vu/vpub/appendix-3", "/lich"],
)
def test_pages_hold_nothing_inline(dash: Dash, path: str) -> None:
    html = dash.client("coordinator").get(path).text
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", html)
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []


def test_cookies_are_out_of_scripts_reach(dash: Dash) -> None:
    cookie = dash.browser().get("/dang-nhap").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_over_https_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    dash = dashboard_at(tmp_path)
    dash.site.settings.base_url = "https://dondoc.test"
    cookie = dash.browser().get("/dang-nhap").headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    dash.engine.dispose()


# --- forged forms ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("csrf", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("own", {"sec-fetch-site": "cross-site"}),
        ("own", {"sec-fetch-site": "same-site"}),
        ("own", {"origin": "https://ke-gian.example"}),
        ("own", {"origin": "null"}),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    dash: Dash, csrf: str, headers: dict[str, str]
) -> None:
    client = dash.client("agency", "vpub")
    token = dash.csrf(client) if csrf == "own" else csrf
    answer = client.post(FORM, data={"csrf": token, "ly-do": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "Chưa thay đổi gì" in answer.text


def test_anothers_form_token_is_no_good(dash: Dash) -> None:
    mine, other = dash.client("agency", "vpub"), dash.client("agency", "stc")
    assert mine.post(FORM, data={"csrf": dash.csrf(other), "ly-do": "x"}).status_code == 403


def test_signing_in_needs_a_token_too(dash: Dash) -> None:
    """Else another page could sign a person in as somebody else."""
    assert (
        dash.browser().post("/dang-nhap", data={"email": "a", "password": "b"}).status_code == 403
    )


# --- bodies and paths --------------------------------------------------------------------------


def test_too_large_a_body_is_refused_early(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    big = {"tep": ("a.xlsx", b"0" * 400_000)}
    answer = dash.post(client, "/don-vi/vpub/nop", files=big)
    assert answer.status_code == 413
    assert "quá lớn" in answer.text


def test_a_large_form_without_files_is_refused(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    assert dash.post(client, FORM, ly__do="x" * 300_000).status_code == 413


def test_files_where_none_are_taken_are_refused(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    answer = dash.post(client, FORM, ly__do="x", files={"tep": ("a.txt", b"x")})
    assert answer.status_code == 400


def test_a_wrong_type_of_file_is_told_not_stored_as_good(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    answer = dash.post(client, "/don-vi/vpub/nop", files={"tep": ("../../x.exe", b"MZ\x90\x00")})
    assert answer.status_code == 200
    assert "Chưa nhận được gì" in answer.text


def test_a_strangers_files_are_not_even_read(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.web import dispatch

    async def read(*_: Any) -> Any:
        raise AssertionError("a stranger's body was read")

    monkeypatch.setattr(dispatch, "read_form", read)
    files = {"tep": ("a.xlsx", b"0" * 1000)}
    for client in (dash.browser(), dash.client("leader")):
        assert client.post("/don-vi/vpub/nop", files=files).status_code in (303, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/style.py",
        "/tong-hop/provincial-appendices/1/tep/..%2f..%2fdondoc.db",
        "/tong-hop/..%2f..%2f/1/tep/secret.key",
        "/nghia-vu/vpub/appendix-3/lan/1/tep/..%2f1",
        "/nghia-vu/vpub/appendix-3/lan/-1/tep/1",
        "/nghia-vu/vpub/appendix-3/lan/1/tep/99999999999999999999",
        "/nghia-vu/vpub/khong-co",
        "/nhac-viec/1e9",
    ],
)
def test_tricks_with_paths_find_nothing(dash: Dash, path: str) -> None:
    assert dash.client("coordinator").get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/moc/%00", 404), ("/static/style.css%00.js", 404), ("/nghia-vu?tim=%00", 200)],
)
def test_a_nul_goes_no_further(dash: Dash, path: str, status: int) -> None:
    assert dash.client("coordinator").get(path).status_code == status


@pytest.mark.parametrize(
    ("name", "plain", "written"),
    [
        ("a.xlsx", "a.xlsx", ""),
        ("Báo cáo Đắk.docx", "Bao-cao-Dak.docx", "B%C3%A1o%20c%C3%A1o%20%C4%90%E1%BA%AFk.docx"),
        ("../../etc/passwd", "passwd", ""),
        ("..\\..\\x.exe", "x.exe", ""),
        ('a"; filename="b.html', "a---filename--b.html", "a%22%3B%20filename%3D%22b.html"),
        ("a\r\nSet-Cookie: x=y", "aSet-Cookie--x-y", "aSet-Cookie%3A%20x%3Dy"),
        ("a\u202egpj.exe", "agpj.exe", ""),
        ("", "tep-khong-ten", ""),
        ("報告.docx", "docx", "%E5%A0%B1%E5%91%8A.docx"),
    ],
)
def test_files_are_given_under_safe_names(name: str, plain: str, written: str) -> None:
    headers = attachment(b"x", name, "application/octet-stream").headers
    beside = f"; filename*=UTF-8''{written}" if written else ""
    assert headers["content-disposition"] == f'attachment; filename="{plain}"{beside}'
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_file_of_one_submission_is_not_given_under_another(dash: Dash) -> None:
    """IDOR by number: the path's obligation must be the file's own."""
    from plan.models import Submission, SubmissionFile
    from plan.queries.lookup import find_obligation

    with reading(dash.engine) as session:
        theirs = find_obligation(session, "04-kh-ubnd-2020", "stp/appendix-2")
        row = session.exec(
            select(SubmissionFile).join(Submission).where(Submission.obligation_id == theirs.id)
        ).first()
        assert row is not None
    client = dash.client("agency", "vpub")
    assert client.get(f"/don-vi/vpub/appendix-3/lan/1/tep/{row.id}").status_code == 404


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\"'><img src=x onerror=y>", "{{7*7}}"]
)
def test_what_people_type_is_shown_as_text(dash: Dash, text: str) -> None:
    client = dash.client("coordinator")
    html = client.get("/nghia-vu", params={"tim": text}).text
    assert "<script>alert" not in html
    assert "<img" not in html
    assert str(escape(text)) in html


def test_a_slow_sender_is_let_go(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard.web import dispatch

    monkeypatch.setattr(dispatch, "FORM_SECONDS", 0.2)
    client = dash.client("agency", "vpub")

    async def drip() -> Any:
        yield b"csrf="
        await asyncio.sleep(5)
        yield b"x"

    answer = client.post(
        FORM, content=drip(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 408


def test_an_unexpected_fault_tells_nothing_of_the_inside(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.pages import overview

    def broken(*_: object) -> None:
        raise RuntimeError("mật khẩu cơ sở dữ liệu là 1234")

    monkeypatch.setattr(overview, "overview", broken)
    client = dash.client("coordinator")
    dash.clock.forward(minutes=7)  # past what is remembered
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "1234" not in answer.text
    assert "Traceback" not in answer.text
    assert "chưa được ghi nhận" in answer.text


def test_a_call_without_a_key_brings_no_large_files(dash: Dash) -> None:
    """Its body would be read before anybody asks who calls."""
    sizes = {1_000: 401, SMALL_BODY: 413}
    for size, status in sizes.items():
        files = {"files": ("a.xlsx", b"0" * size)}
        answer = dash.browser().post("/api/v1/agencies/vpub/submissions", files=files)
        assert answer.status_code in (status, 400 if status == 413 else status), answer.text
    with_key = dash.browser().post(
        "/api/v1/agencies/vpub/submissions",
        files={"files": ("a.xlsx", b"0" * SMALL_BODY)},
        headers={"authorization": "Bearer dondoc_sai"},
    )
    assert with_key.status_code == 401
