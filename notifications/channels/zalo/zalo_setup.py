"""Zalo's parts put together from the settings: for the channels, `dondoc zalo login`, Apprise."""

from __future__ import annotations

import httpx

from notifications.channels.base import Tools
from notifications.channels.zalo.auth import ZaloAuth
from notifications.channels.zalo.client import ZaloBotClient, ZaloClient
from notifications.channels.zalo.http import ZaloUrls, http_client
from plan.errors import SettingsError


def zalo_http(tools: Tools, bot_token: str = "") -> httpx.Client:
    """Connections to Zalo; the caller closes them."""
    settings = tools.settings
    return http_client(settings.zalo_timeout, settings.zalo_proxy.get_secret_value(), bot_token)


def zalo_auth(tools: Tools) -> ZaloAuth:
    """Raises `SettingsError` when the app is not set up."""
    settings = tools.settings
    secret = settings.zalo_app_secret.get_secret_value()
    if not settings.zalo_app_id or not secret:
        raise SettingsError(
            "Chưa đặt ứng dụng Zalo: DONDOC_ZALO_APP_ID và DONDOC_ZALO_APP_SECRET "
            "(lấy ở developers.zalo.me)."
        )
    if tools.tokens is None:
        raise SettingsError("Kênh Zalo cần nơi giữ token (cơ sở dữ liệu).")
    url = ZaloUrls.of(settings).oauth
    return ZaloAuth(url, settings.zalo_app_id, secret, tools.tokens, tools.now)


def zalo_client(tools: Tools, http: httpx.Client) -> ZaloClient:
    return ZaloClient(http, ZaloUrls.of(tools.settings), zalo_auth(tools), tools.now)


def zalo_bot_token(tools: Tools) -> str:
    token = tools.settings.zalo_bot_token.get_secret_value()
    if not token:
        raise SettingsError("Chưa đặt DONDOC_ZALO_BOT_TOKEN (lấy từ OA «Zalo Bot Manager»).")
    return token


def zalo_bot_client(tools: Tools, http: httpx.Client) -> ZaloBotClient:
    return ZaloBotClient(http, ZaloUrls.of(tools.settings).bot, tools.now)
