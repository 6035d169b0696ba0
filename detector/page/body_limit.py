"""Overlong requests are refused before they are read; gradio itself would take JSON of any length into memory."""

from __future__ import annotations

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
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self.most:
            return await self._refuse(scope, receive, send)
        left, begun, over = self.most, False, False

        async def counted() -> Message:
            nonlocal left, over
            message = await receive()
            left -= len(message.get("body", b""))
            if left >= 0:
                return message
            if not (over or begun):
                over = True
                await self._refuse(scope, receive, send)
            return {"type": "http.disconnect"}

        async def answered(message: Message) -> None:
            nonlocal begun
            begun = True
            if not over:
                await send(message)

        return await self.app(scope, counted, answered)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        said = f"The request is longer than the {self.most / 1e6:g} MB allowed; send several shorter ones."
        # Else the server would go on to read, and drop, whatever is sent.
        await PlainTextResponse(said, 413, {"connection": "close"})(scope, receive, send)
