"""A chat over WebSockets: everyone on the page hears everyone. Run it with `--workers 1`, since the crew is kept in memory."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

page = Path(__file__).parent / "page.html"
crew: dict[WebSocket, str] = {}


async def index(request: Request) -> FileResponse:
    return FileResponse(page)


async def chat(socket: WebSocket) -> None:
    await socket.accept()
    name = "Somebody"
    try:
        name = (await socket.receive_text())[:40]
        crew[socket] = name
        await tell_all("", f"{name} came aboard")
        while True:
            await tell_all(name, await socket.receive_text())
    except WebSocketDisconnect:
        crew.pop(socket, None)
        await tell_all("", f"{name} left")


async def tell_all(sender: str, text: str) -> None:
    for socket in list(crew):
        try:
            await socket.send_json({"from": sender, "text": text, "crew": sorted(crew.values())})
        except WebSocketDisconnect:
            crew.pop(socket, None)


app = Starlette(routes=[Route("/", index), WebSocketRoute("/chat", chat)])
