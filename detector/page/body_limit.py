"""Overlong requests are refused before they are read; gradio itself would take JSON of any length into memory."""

from __future__ import annotations

from typing import Any

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

UPLOADS = "/upload"  # gradio bounds each file of these while it writes them to the disk


class BodyLimit:
    """ASGI middleware: a body of more than `most` bytes is answered with 413, or cut off where no length was told."""

    def __init__(self, app: ASGIApp, most: int):
        self.app, self.most = app, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].endswith(UPLOADS):
            return await self.app(scope, receive, send)
        told: dict[bytes, Any] = dict(scope["headers"])
        length = told.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.most:
            said = f"The request is longer than the {self.most / 1e6:g} MB allowed; send several shorter ones."
            return await PlainTextResponse(said, 413)(scope, receive, send)
        left = self.most

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            return message if left >= 0 else {"type": "http.disconnect"}

        return await self.app(scope, counted, send)
