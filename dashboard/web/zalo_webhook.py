"""Where Zalo reports what arrived and who follows. The signature is checked; a repeat is harmless."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.web.site import Site
from notifications.channels.zalo.receipts import MOST_BYTES, DeliveryReceipt, open_event
from notifications.outbox.reports import mark_delivered, note_follower

HEADER = "x-zevent-signature"


async def zalo(request: Request) -> Response:
    """Answers within Zalo's two seconds; an unknown message is answered 200 too, or it would come
    again for an hour."""
    site: Site = request.app.state.site
    settings = site.settings
    secret = (
        settings.zalo_oa_secret.get_secret_value() or settings.zalo_app_secret.get_secret_value()
    )
    body = await _body(request)
    if body is None:
        return JSONResponse({"error": "too large"}, status_code=413)
    genuine, event = open_event(
        settings.zalo_app_id, body, request.headers.get(HEADER, ""), secret, site.clock()
    )
    if not genuine:
        return JSONResponse({"error": "signature"}, status_code=403)
    if isinstance(event, DeliveryReceipt):
        await run_in_threadpool(
            mark_delivered, site.engine, event.message_id, event.delivered_at, event.reference
        )
    elif event is not None:
        await run_in_threadpool(note_follower, site.engine, event)
    return JSONResponse({"error": 0})


async def _body(request: Request) -> bytes | None:
    """What was posted; None once it is larger than anything Zalo sends."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)


async def zalo_return(request: Request) -> Response:
    """Where Zalo leads the administrator's browser after the consent: `dondoc zalo login` waits for
    this page's address. Nothing of it is kept here."""
    given = request.query_params
    if given.get("code"):
        words = (
            "Zalo đã trả lời. Hãy sao chép toàn bộ địa chỉ của trang này trên thanh địa chỉ rồi dán vào "
            "cửa sổ lệnh «dondoc zalo login» trong 10 phút."
        )
    else:
        words = (
            "Zalo chưa cho phép gửi tin (người quản trị OA đã từ chối, hoặc địa chỉ mở không đúng). "
            "Hãy chạy lại «dondoc zalo login» và bấm đồng ý."
        )
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return PlainTextResponse(words, headers=headers)
