"""Where Zalo reports that a ZNS message arrived. The signature is checked; a repeat is harmless."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.site import Site
from notifications.channels.zalo_receipts import open_receipt
from notifications.receipts import mark_delivered

HEADER = "x-zevent-signature"


async def zalo(request: Request) -> Response:
    """Answers within Zalo's two seconds; an unknown message is answered 200 too, or it would come
    again for an hour."""
    site: Site = request.app.state.site
    settings = site.settings
    secret = (
        settings.zalo_oa_secret.get_secret_value() or settings.zalo_app_secret.get_secret_value()
    )
    body = await request.body()
    genuine, receipt = open_receipt(
        settings.zalo_app_id, body, request.headers.get(HEADER, ""), secret
    )
    if not genuine:
        return JSONResponse({"error": "signature"}, status_code=403)
    if receipt is not None:
        await run_in_threadpool(
            mark_delivered, site.engine, receipt.message_id, receipt.delivered_at
        )
    return JSONResponse({"error": 0})
