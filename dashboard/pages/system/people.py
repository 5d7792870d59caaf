"""Quản trị: users, keys of other programs, webhooks. For administrators only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

from dashboard.auth import sessions, tokens, users
from dashboard.auth.viewer import ADMIN, ROLE_WORDS, STAFF
from dashboard.pages.common import taken_away
from dashboard.pages.sign_in import owner_hears
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from notifications import webhooks
from plan.calendar import local_day
from plan.directory.acting import agencies_offered, directory_names
from plan.errors import RefusedError
from plan.models import ApiToken, UserAccount, Webhook
from plan.states import Role

pages = Pages()
USERS = "/quan-tri/nguoi-dung"
TOKENS = "/quan-tri/khoa-api"
HOOKS = "/quan-tri/webhook"


@pages.get(USERS, may=ADMIN)
def user_list(visit: Visit) -> Response:
    rows, called = users.list_users(visit.session), _called(visit)
    if (file := taken_away(visit, {"": lambda: _users_table(rows, called)})) is not None:
        return file
    return _users(visit, "", "")


def _called(visit: Visit) -> dict[str, str]:
    """Agencies by their code in the directory: accounts and keys are not of one plan."""
    return directory_names(visit.session, local_day(visit.now))


def _users_table(rows: Sequence[UserAccount], called: Mapping[str, str]) -> Table:
    heads = ("Thư điện tử", "Tên", "Vai trò", "Cơ quan", "Khóa từ")
    return Table(
        "Người dùng",
        heads,
        [
            (
                row.email,
                row.name,
                ROLE_WORDS[Role(row.role)],
                ", ".join(called.get(code, code) for code in row.agencies),
                row.disabled_at,
            )
            for row in rows
        ],
    )


def _users(visit: Visit, link: str, email: str) -> Response:
    return visit.render(
        "admin_users.html",
        users=users.list_users(visit.session),
        offered=agencies_offered(visit.session, local_day(visit.now)),
        called=_called(visit),
        link=link,
        email=email,
    )


@pages.post(USERS, may=ADMIN)
def add_user(visit: Visit) -> Response:
    """Makes the account and shows its one-time link, once."""
    with visit.writing() as session:
        user = users.add_user(
            session,
            email=visit.text("email", 200),
            name=visit.text("ten", 200),
            role=visit.text("vai-tro", 20),
            agencies=[str(code) for code in visit.form.getlist("co-quan") if code],
            actor=visit.who.actor,
            now=visit.now,
        )
        user.created_at = user.sessions_from = visit.real_now
        base = visit.site.settings.base_url
        link = users.make_one_time_link(session, user, base, visit.real_now, visit.who.actor)
    visit.session.rollback()
    return _users(visit, link, user.email)


@pages.post(f"{USERS}/{{user}}", may=ADMIN)
def change_user(visit: Visit) -> Response:
    """One of: lock, open, a new one-time link, another phone, sign out everywhere."""
    actor, now = visit.who.actor, visit.now
    deed, link = visit.text("viec", 20), ""
    with visit.writing() as session:
        user = session.get(UserAccount, number_in(visit.param("user")))
        if user is None:
            raise MissingError
        if deed in ("khoa", "mo"):
            users.set_disabled(session, user, disabled=deed == "khoa", actor=actor, now=now)
        elif deed == "dang-xuat":
            sessions.end_everywhere(session, user, visit.real_now)
            users.record_ended(session, user, actor, now)
        elif deed in ("duong-dan", "doi-may"):
            if deed == "doi-may":
                users.reset_totp(session, user, actor=actor, now=now)
                owner_hears(visit, session, user, "reset", by=visit.who.name)
            base = visit.site.settings.base_url
            link = users.make_one_time_link(session, user, base, visit.real_now, actor)
        else:
            raise RefusedError("Không rõ việc cần làm.")
    visit.session.rollback()
    if link:
        return _users(visit, link, user.email)
    return visit.redirect(USERS, f"Đã thực hiện với {user.email}.")


# --- keys of other programs --------------------------------------------------------------------


@pages.get(TOKENS, may=ADMIN)
def token_list(visit: Visit) -> Response:
    rows, called = tokens.list_tokens(visit.session), _called(visit)
    if (file := taken_away(visit, {"": lambda: _tokens_table(rows, called)})) is not None:
        return file
    return _tokens(visit, "")


def _tokens_table(rows: Sequence[ApiToken], called: Mapping[str, str]) -> Table:
    heads = (
        "Hệ thống",
        "Vai trò",
        "Cơ quan",
        "Người cấp",
        "Cấp lúc",
        "Dùng gần nhất",
        "Hết hạn",
        "Thu hồi lúc",
    )
    return Table(
        "Khóa API",
        heads,
        [
            (
                row.name,
                ROLE_WORDS[Role(row.role)],
                ", ".join(called.get(code, code) for code in row.agencies),
                row.made_by,
                row.made_at,
                row.used_at,
                row.expires_at,
                row.revoked_at,
            )
            for row in rows
        ],
    )


def _tokens(visit: Visit, fresh: str) -> Response:
    return visit.render(
        "admin_tokens.html",
        tokens=tokens.list_tokens(visit.session),
        offered=agencies_offered(visit.session, local_day(visit.now)),
        called=_called(visit),
        fresh=fresh,
    )


@pages.post(TOKENS, may=ADMIN)
def make_token(visit: Visit) -> Response:
    with visit.writing() as session:
        _, text = tokens.make_token(
            session,
            name=visit.text("ten", 200),
            role=visit.text("vai-tro", 20),
            agencies=[str(code) for code in visit.form.getlist("co-quan") if code],
            days=number_in(visit.text("so-ngay", 5)) or None,
            actor=visit.who.actor,
            now=visit.real_now,
        )
    visit.session.rollback()
    return _tokens(visit, text)


@pages.post(f"{TOKENS}/{{token}}/thu-hoi", may=ADMIN)
def revoke_token(visit: Visit) -> Response:
    with visit.writing() as session:
        row = session.get(ApiToken, number_in(visit.param("token")))
        if row is None:
            raise MissingError
        tokens.revoke_token(session, row, actor=visit.who.actor, now=visit.real_now)
    return visit.redirect(TOKENS, f"Đã thu hồi khóa của {row.name}.")


@pages.get("/quan-tri/api", may=STAFF)
def describe_api(visit: Visit) -> Response:
    """The API's own description, for people."""
    described = visit.request.app.state.api.openapi()
    calls = [
        (method.upper(), f"/api/v1{path}", call["summary"], call.get("description", ""))
        for path, methods in described["paths"].items()
        for method, call in methods.items()
    ]
    heads = ("Cách gọi", "Địa chỉ", "Việc", "Chi tiết")
    if (file := taken_away(visit, {"": lambda: Table("API", heads, calls)})) is not None:
        return file
    return visit.render("admin_api.html", calls=calls)


# --- webhooks ----------------------------------------------------------------------------------


@pages.get(HOOKS, may=ADMIN)
def hook_list(visit: Visit) -> Response:
    lines = _listed(visit)
    if (file := taken_away(visit, {"": lambda: _hooks_table(lines)})) is not None:
        return file
    return _hooks(visit, "")


def _listed(visit: Visit) -> list[webhooks.WebhookLine]:
    """Those of the plan looked at; a webhook tells of one plan, so that without any there is none."""
    return webhooks.list_webhooks(visit.session, visit.plan.id) if visit.plans else []


def _hooks_table(lines: Sequence[webhooks.WebhookLine]) -> Table:
    heads = (
        "Hệ thống",
        "Địa chỉ",
        "Sự kiện",
        "Đã gửi",
        "Đang chờ",
        "Hỏng",
        "Trả lời gần nhất",
        "Tắt lúc",
    )
    return Table(
        "Webhook",
        heads,
        [
            (
                line.row.name,
                line.row.url,
                ", ".join(line.row.kinds) or "tất cả",
                *(line.counts.get(state, 0) for state in ("done", "queued", "failed")),
                line.last_words,
                line.row.disabled_at,
            )
            for line in lines
        ],
    )


def _hooks(visit: Visit, secret: str) -> Response:
    return visit.render(
        "admin_webhooks.html",
        hooks=_listed(visit),
        kinds=webhooks.KINDS,
        secret=secret,
    )


@pages.post(HOOKS, may=ADMIN)
def make_hook(visit: Visit) -> Response:
    with visit.writing() as session:
        _, secret = webhooks.make_webhook(
            session,
            plan_id=visit.plan.id,
            name=visit.text("ten", 200),
            url=visit.text("dia-chi", 500),
            kinds=[str(kind) for kind in visit.form.getlist("loai") if kind],
            key=visit.site.secret,
            actor=visit.who.actor,
            now=visit.now,
        )
    visit.session.rollback()
    return _hooks(visit, secret)


@pages.post(f"{HOOKS}/{{hook}}/tat", may=ADMIN)
def disable_hook(visit: Visit) -> Response:
    with visit.writing() as session:
        row = session.get(Webhook, number_in(visit.param("hook")))
        if row is None or row.plan_id != visit.plan.id:
            raise MissingError
        webhooks.disable_webhook(session, row, actor=visit.who.actor, now=visit.now)
    return visit.redirect(HOOKS, f"Đã tắt webhook {row.name}.")
