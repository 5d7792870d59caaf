"""Every setting, read from `DONDOC_*` or `.env`. The only module that reads the environment."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PACKAGED_PLANS = Path(__file__).parent
PACKAGED = "04-kh-ubnd-2020"
"""The plan that ships with the program, for who names none."""


class Settings(BaseSettings):
    """`dondoc settings` lists these with their values; secrets are shown as ●●●."""

    model_config = SettingsConfigDict(
        env_prefix="DONDOC_",
        env_file=".env",
        extra="ignore",
        use_attribute_docstrings=True,
        populate_by_name=True,
    )

    home: Path = Path(".dondoc")
    """Thư mục chứa mọi thứ: cơ sở dữ liệu, tệp nộp, kết quả."""
    database_url: str = ""
    """Địa chỉ cơ sở dữ liệu; để trống: SQLite `dondoc.db` trong thư mục trên. PostgreSQL:
    `postgresql+psycopg://user:password@host/name`."""
    plan: str = ""
    """Mã kế hoạch mặc định khi cơ sở dữ liệu có nhiều kế hoạch."""
    clock: str = ""
    """Đồng hồ ảo: thời điểm bắt đầu (ISO 8601); để trống: giờ thật. Trên đồng hồ ảo không tin nào tới
    người thật: thư được giữ thành tệp trong `outbox/` của home."""
    clock_smtp_url: SecretStr = SecretStr("")
    """Máy chủ thư dùng khi chạy đồng hồ ảo (thay cho DONDOC_SMTP_URL), nếu muốn thư diễn tập đi thật."""
    store_url: str = ""
    """Nơi giữ tệp nộp: thư mục hoặc địa chỉ fsspec (`s3://…`); để trống: `submissions/` trong home."""
    base_url: str = "http://127.0.0.1:8020"
    """Địa chỉ trang tổng hợp, dùng trong đường dẫn của tin nhắc; để trống: theo DONDOC_HOST, DONDOC_PORT."""
    secret_key: SecretStr = SecretStr("")
    """Khóa ký đường dẫn và mã hóa token; để trống: tự tạo, giữ trong `secret.key` của home."""
    trail_key: SecretStr = SecretStr("")
    """Khóa ký sổ nhật ký; để trống: theo DONDOC_SECRET_KEY nếu có đặt, không thì tự tạo, giữ trong
    `trail.key`. Đổi khóa: ghi khóa mới, dấu cách, rồi các khóa cũ."""
    templates: Path | None = None
    """Thư mục mẫu tin riêng của tỉnh, được ưu tiên hơn mẫu có sẵn."""
    count_pages: bool = True
    """Điền số trang vào mục lục của văn bản tổng hợp, nếu máy có LibreOffice (mỗi văn bản thêm vài giây);
    `false`: để Word điền khi mở tệp."""

    smtp_url: SecretStr = SecretStr("")
    """`smtp://user:password@host:port?starttls=yes`, `smtps://…`, hoặc `file:///thư/mục` để giữ thư thành
    tệp .eml."""
    mail_from: str = "Sở Nội vụ <noreply@dondoc.example>"
    mail_reply_to: str = ""
    mail_timeout: float = Field(default=20.0, gt=0)
    """Giây."""
    imap_url: SecretStr = SecretStr("")
    """Hộp thư nhận thông báo thư không gửi được (DSN); để trống: không đọc."""
    inbox_url: SecretStr = SecretStr("")
    """Hộp thư nhận bài nộp: `imaps://user:password@host/INBOX` (`imap://` chỉ cho máy này); với OAuth2
    không cần mật khẩu. Để trống: không đọc."""
    inbox_authserv_id: str = ""
    """Tên máy chủ nhận thư như ghi đầu dòng Authentication-Results; để trống: mọi bài nộp qua thư chờ bấm
    xác nhận."""
    inbox_days: int = Field(default=14, ge=0)
    """Lần đọc đầu tiên lấy thư của bao nhiêu ngày trở lại."""
    inbox_max_mb: int = Field(default=70, ge=1)
    """Thư lớn hơn (MB) không tải về, chuyển cho người xem."""
    inbox_dir: Path | None = None
    """Thư mục nhận tệp (máy quét, SFTP, hệ thống khác): mỗi tệp hoặc thư mục con là một lần nộp."""
    edoc_organ_id: str = ""
    """Mã của cơ quan đầu mối trên trục liên thông văn bản (ví dụ `H08.09`), ghi ở gói gửi đi."""
    edoc_out_dir: Path | None = None
    """Thư mục để gói edXML gửi đi: trạng thái của văn bản đã nhận, công văn; phần mềm nối trục lấy ở đây."""
    inbox_oauth_token_url: str = ""
    """OAuth2 cho hộp thư nhận bài: địa chỉ lấy token của Microsoft 365 hoặc Google; để trống: dùng mật
    khẩu."""
    inbox_oauth_client_id: str = ""
    inbox_oauth_client_secret: SecretStr = SecretStr("")
    inbox_oauth_refresh_token: SecretStr = SecretStr("")
    """Để trống: xin token bằng client_credentials."""
    inbox_oauth_scope: str = ""
    """Ví dụ `https://outlook.office365.com/.default`."""
    dkim_selector: str = ""
    dkim_domain: str = ""
    dkim_key_file: Path | None = None

    zalo_app_id: str = ""
    zalo_app_secret: SecretStr = SecretStr("")
    zalo_oa_secret: SecretStr = SecretStr("")
    """Khóa kiểm chữ ký webhook; các nguồn nói khác nhau, nên để riêng."""
    zalo_oauth_url: str = "https://oauth.zaloapp.com"
    zalo_oa_url: str = "https://openapi.zalo.me"
    zalo_zns_url: str = "https://business.openapi.zalo.me"
    zalo_uid_url: str = "https://openapi.zalo.me/v3.0/oa/message/template"
    """Nơi nhận tin theo mẫu cho người quan tâm OA (ZBS); kiểm lại theo tài liệu Zalo đang dùng."""
    zalo_bot_url: str = "https://bot-api.zaloplatforms.com"
    zalo_bot_token: SecretStr = SecretStr("")
    zalo_timeout: float = Field(default=15.0, gt=0)
    """Giây."""
    zalo_proxy: SecretStr = SecretStr("")
    """Máy chủ trung gian để ra Internet tới Zalo: `http://user:password@host:port`."""
    zalo_zns_templates: dict[str, str] = {}
    """Mã mẫu ZNS theo sự kiện: `{"reminder": "123456"}`."""
    zalo_uid_templates: dict[str, str] = {}
    """Mã mẫu gửi theo user id của người quan tâm OA, theo sự kiện; rẻ hơn mẫu theo số điện thoại."""
    apprise_urls: list[SecretStr] = []
    """Kênh Apprise thêm (Teams, Telegram, SMS…)."""
    channel_hold_minutes: float = Field(default=60.0, ge=0)
    """Một kênh đang ngừng giữ tin bao nhiêu phút rồi giao cho kênh kế tiếp của người nhận; không bao giờ
    quá giờ làm việc cuối cùng trước hạn."""
    pace: dict[str, float] = {}
    """Số tin mỗi giây theo kênh; không ghi: không giới hạn, trừ Zalo (60)."""

    oidc_issuer: str = ""
    """Đăng nhập một lần của tỉnh (OpenID Connect): địa chỉ bên cấp, đúng từng chữ như bên đó ghi, ví dụ
    `https://sso.binhdinh.gov.vn/realms/tinh`; để trống: không dùng. Địa chỉ quay về cần khai ở bên đó:
    `<base_url>/dang-nhap/sso/ve`."""
    oidc_client_id: str = ""
    """Mã ứng dụng bên cấp đặt cho Đôn Đốc."""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "tài khoản của tỉnh"
    """Tên trên nút: «Đăng nhập bằng …»."""
    oidc_trust_email: bool = False
    """Tin địa chỉ thư cả khi bên cấp không xác nhận (`email_verified`); chỉ bật khi thư do tỉnh cấp và
    người dùng không tự sửa được."""
    oidc_ca_file: Path | None = None
    """Chứng thư gốc nội bộ của tỉnh (PEM), nếu bên cấp dùng."""

    max_upload_bytes: int = 50 * 1024 * 1024
    intake_seconds: float = 5.0
    intake_memory_mb: int = 300
    intake_workers: int = Field(default=2, ge=2)
    """Số tệp được đọc cùng lúc (ít nhất 2), mỗi tệp trong một tiến trình riêng; cơ quan nào cũng tới lượt."""
    intake_unpacked_mb: int = 128
    """Dung lượng lớn nhất của một tệp nộp sau khi giải nén (MB); mỗi phần bên trong: một nửa."""
    intake_max_sheets: int = 60
    intake_max_rows: int = 20_000
    """Số trang tính, số dòng có dữ liệu lớn nhất của một trang."""

    trust_store: Path | None = None
    """Thư mục chứng thư gốc (.pem, .crt, .cer) để xét chữ ký số trong PDF; để trống: chỉ nêu chữ ký, chưa xét
    chứng thư. Không tải chứng thư nào từ mạng."""

    personal_months: int = Field(default=0, ge=0)
    """Sau bao nhiêu tháng thì rút gọn lời tin, đường dẫn đã mở, phiên của người đã rời danh bạ; 0: không rút
    gọn."""
    webhook_networks: list[str] = []
    """Mạng nội bộ mà webhook được gọi tới: `["10.0.5.0/24"]`; để trống: chỉ địa chỉ công cộng."""
    heartbeat_url: SecretStr = SecretStr("")
    """Địa chỉ được gọi (POST) mỗi 5 phút khi mọi thứ ổn, thêm `/fail` khi có lỗi (như Healthchecks), để nơi
    khác biết khi im lặng; để trống: không gọi."""
    metrics_token: SecretStr = SecretStr("")
    """Khóa đọc `/metrics`; để trống: chỉ đọc được từ chính máy này."""

    port: int = 8020
    prefect_port: int = 4200
    host: str = "127.0.0.1"
    prefect_api_url: str = ""
    """Máy chủ Prefect dùng chung (`http://máy:4200/api`); để trống: `dondoc serve` tự chạy một máy chủ."""
    prefect_host: str = "127.0.0.1"
    """Prefect lắng nghe ở đâu; 127.0.0.1: chỉ máy này."""
    prefect_key: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("DONDOC_PREFECT_KEY", "PREFECT_SERVER_API_AUTH_STRING"),
    )
    """Khóa vào Prefect, dạng `tên:mật-khẩu`, giống nhau trên mọi máy; để trống trên một máy: tự tạo, giữ
    trong `prefect.key` của home."""
    prefect_hosts: list[str] = []
    """Tên máy khác mà người vận hành và máy chạy việc dùng để tới Prefect: `["prefect.tinh.local"]`."""
    prefect_database_url: SecretStr = SecretStr("")
    """Cơ sở dữ liệu của Prefect: `postgresql+asyncpg://user:password@host/prefect`; để trống: SQLite
    `prefect.db` trong home."""
    redis_url: SecretStr = SecretStr("")
    """Redis để nhiều máy chủ Prefect nói với nhau: `redis://:password@host:6379`; để trống: chỉ một máy chủ
    Prefect, không cần Redis."""
    work_pool: str = ""
    """Nhóm máy chạy (work pool) của Prefect; để trống: `dondoc serve` tự chạy các việc."""
    runners: int = Field(default=2, ge=1)
    """Số việc chạy cùng lúc khi `dondoc serve` tự chạy."""
    warm_runs: bool = True
    """Các việc tách ra từ một tiến trình đã nạp sẵn: nhanh và nhẹ hơn nhiều; `false`: mỗi việc một tiến trình
    mới hoàn toàn (trên hệ không phải Linux thì luôn như vậy)."""
    clock_speed: float = Field(default=1.0, gt=0)
    """Đồng hồ ảo đi nhanh gấp mấy lần giờ thật."""
    clock_gap_days: int = Field(default=35, ge=1)
    """Máy tắt lâu nhất bao nhiêu ngày mà bật lại không phải hỏi giờ có đúng không."""
    boot_id: str = ""
    """Mã lần khởi động của máy, do các đơn vị systemd đặt (`%b`) vì ở đó không đọc được /proc/sys; đừng tự
    đặt."""
    backups: int = Field(default=14, ge=1)
    """Số bản sao lưu hằng ngày được giữ (SQLite) trong `backups/` của home."""

    @field_validator("prefect_api_url")
    @classmethod
    def _no_key_in_the_address(cls, value: str) -> str:
        """An address ends up in logs, lists of processes and pages; a key must not."""
        if "@" in urlsplit(value).netloc:
            raise ValueError("không ghi tên hay mật khẩu trong địa chỉ; đặt DONDOC_PREFECT_KEY")
        return value

    @field_validator("prefect_key")
    @classmethod
    def _a_key_prefect_can_compare(cls, value: SecretStr) -> SecretStr:
        """Prefect answers every request with an error when its key has other letters."""
        key = value.get_secret_value()
        if key and (":" not in key or not key.isascii()):
            raise ValueError("DONDOC_PREFECT_KEY có dạng tên:mật-khẩu, không dấu")
        return value

    @model_validator(mode="after")
    def _where_the_pages_are(self) -> Self:
        """Links lead to where the pages are served, unless an address of their own is given."""
        if "base_url" not in self.model_fields_set:
            host = "127.0.0.1" if self.host in ("", "0.0.0.0", "::") else self.host
            self.base_url = f"http://{host}:{self.port}"
        return self

    @property
    def resolved_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.home.resolve() / 'dondoc.db'}"

    @property
    def resolved_store_url(self) -> str:
        return self.store_url or str(self.home.resolve() / "submissions")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process. Tests build `Settings(...)` themselves and pass it on."""
    return practised(Settings())


# --- Practice: on a virtual clock nothing leaves for real people, whatever the settings of real use
# say.
#
# `get_settings()` passes every process's settings through here: the service, its flows, the command
# line.

REHEARSAL_MARK = ".dondoc-demo"
"""Stands in the folder of a rehearsal; holds the instant it ended at once it has."""
PRACTICE_MARK = ".dondoc-practice"
"""Stands in a home that has ever run on a virtual clock: what it holds is no real work, ever after."""
STAYS_PRACTICE = (
    "Thư mục dữ liệu này từng chạy đồng hồ ảo để tập dượt, nên không tin nào tới người thật, kể cả khi chạy "
    "giờ thật. Việc thật: dùng một DONDOC_HOME mới."
)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def practised(settings: Settings) -> Settings:
    """The settings as they are on real time; on a virtual clock, or in a home that ever ran on one, with
    everything that reaches people turned away: mail into the folder `outbox/` of the home or to the
    server DONDOC_CLOCK_SMTP_URL names, Zalo only to a stand-in on this machine, no other channel, no
    mailbox read."""
    clock = settings.clock or rehearsed_until(settings.home)
    if not clock and not has_practised(settings.home):
        return settings
    changes: dict[str, Any] = {
        "clock": clock,
        "smtp_url": SecretStr(_mail_goes_to(settings)),
        "imap_url": SecretStr(""),
        "apprise_urls": [],
    }
    if not _on_this_machine(settings.zalo_oauth_url, settings.zalo_oa_url, settings.zalo_zns_url):
        changes |= {"zalo_app_id": "", "zalo_app_secret": SecretStr("")}
    if settings.inbox_url and not _on_this_machine(settings.inbox_url.get_secret_value()):
        changes["inbox_url"] = SecretStr("")
    if not _on_this_machine(settings.zalo_bot_url):
        changes["zalo_bot_token"] = SecretStr("")
    return settings.model_copy(update=changes)


def has_practised(home: Path) -> bool:
    """Whether this home has ever run on a virtual clock."""
    return (home / PRACTICE_MARK).is_file()


def mark_practice(settings: Settings) -> None:
    """Remember that this home practises, if it runs on a virtual clock now."""
    if settings.clock and not is_rehearsal(settings.home):
        settings.home.mkdir(parents=True, exist_ok=True)
        (settings.home / PRACTICE_MARK).touch()


def rehearsed_until(home: Path) -> str:
    """When the rehearsal kept in this home ended (ISO 8601); empty: none, or none that came to its end."""
    mark = home / REHEARSAL_MARK
    return mark.read_text(encoding="ascii").strip() if mark.is_file() else ""


def is_rehearsal(home: Path) -> bool:
    """Whether this home holds a rehearsal, ended or not."""
    return (home / REHEARSAL_MARK).is_file()


def _mail_goes_to(settings: Settings) -> str:
    named = settings.clock_smtp_url.get_secret_value()
    return named or (settings.home.resolve() / "outbox").as_uri()


def _on_this_machine(*urls: str) -> bool:
    return all(urlsplit(url).hostname in LOOPBACK for url in urls)
