"""WebSocket endpoints of Starlette, and of FastAPI below /fastapi, for test/end-to-end/starlette-websocket.test.ts."""

from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, Header, WebSocketException
from fastapi import WebSocket as FastAPIWebSocket
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

crowd = set()
closes = {}


async def echo(socket):
    await socket.accept()
    while (message := await socket.receive())['type'] == 'websocket.receive':
        await socket.send({**message, 'type': 'websocket.send'})


async def echo_json(socket):
    await socket.accept()
    mode = socket.query_params['mode']
    async for value in read_json(socket, mode):
        await socket.send_json(value, mode=mode)


async def read_json(socket, mode):
    try:
        while True:
            yield await socket.receive_json(mode=mode)
    except WebSocketDisconnect:
        pass


async def subprotocol(socket):
    """Takes the last one that the client offers, whatever it prefers."""
    offered = socket.scope['subprotocols']
    await socket.accept(offered[-1] if offered else None, [(b'x-crew', b'fifty'), (b'set-cookie', b'a=1')])
    await socket.send_json(offered)
    await socket.close()


async def show_scope(socket):
    await socket.accept()
    scope = socket.scope
    headers = [value.decode('latin-1') for name, value in scope['headers'] if name == b'x-name']
    shown = {key: scope[key] for key in ('type', 'scheme', 'http_version', 'path', 'root_path')}
    raw = {'raw_path': scope['raw_path'].decode(), 'query_string': scope['query_string'].decode()}
    await socket.send_json({**shown, **raw, 'x_name': headers, 'client': scope['client'][0], 'state': dict(scope['state'])})
    await socket.close()


async def close(socket):
    """Closes with the code and the reason that the client asks for."""
    await socket.accept()
    await socket.close(**await socket.receive_json())


async def watched(socket):
    """Keeps the code and the reason that it was closed with."""
    key = socket.path_params['key']
    await socket.accept()
    closes[key] = None
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect as disconnect:
        closes[key] = [disconnect.code, disconnect.reason]


async def close_seen(request):
    return JSONResponse(closes.get(request.path_params['key']))


async def broadcast(socket):
    await socket.accept()
    crowd.add(socket)
    try:
        await socket.send_json(len(crowd))
        while True:
            text = await socket.receive_text()
            for each in crowd:
                await each.send_text(text)
    except WebSocketDisconnect:
        crowd.discard(socket)


async def deny(socket):
    headers = {'www-authenticate': 'Oars'}
    await socket.send_denial_response(JSONResponse({'denied': 'no oar'}, 401, headers))


async def deny_in_pieces(socket):
    await socket.send({'type': 'websocket.http.response.start', 'status': 503, 'headers': [(b'retry-after', b'7')]})
    for piece in (b'not ', b'today'):
        await socket.send({'type': 'websocket.http.response.body', 'body': piece, 'more_body': True})
    await socket.send({'type': 'websocket.http.response.body'})


async def refuse(socket):
    await socket.close(4003)


async def http_exception(socket):
    raise HTTPException(418, 'this is a teapot')


async def fail_before_accept(socket):
    raise RuntimeError('the oar broke early')


async def fail(socket):
    await socket.accept()
    await socket.receive_text()
    raise RuntimeError('the oar broke')


async def return_at_once(socket):
    await socket.accept()
    await socket.send_text('that was all')


fastapi = FastAPI()


async def rower(x_name: Annotated[str, Header()]):
    if x_name == 'nobody':
        raise WebSocketException(1008, 'nobody may not row')
    return x_name


@fastapi.websocket('/seats/{number}')
async def seat(socket: FastAPIWebSocket, number: int, name: Annotated[str, Depends(rower)], side: str = 'port'):
    await socket.accept()
    await socket.send_json({'number': number, 'name': name, 'side': side})
    await socket.close()


@fastapi.websocket('/late')
async def late(socket: FastAPIWebSocket):
    await socket.accept()
    raise WebSocketException(3000, 'too late')


@asynccontextmanager
async def lifespan_state(app):
    yield {'greeting': 'from lifespan'}


app = Starlette(
    lifespan=lifespan_state,
    routes=[
        WebSocketRoute('/echo', echo),
        WebSocketRoute('/json', echo_json),
        WebSocketRoute('/subprotocol', subprotocol),
        WebSocketRoute('/scope/{anything:path}', show_scope),
        WebSocketRoute('/close', close),
        WebSocketRoute('/watched/{key}', watched),
        Route('/watched/{key}', close_seen),
        WebSocketRoute('/broadcast', broadcast),
        WebSocketRoute('/deny', deny),
        WebSocketRoute('/deny-in-pieces', deny_in_pieces),
        WebSocketRoute('/refuse', refuse),
        WebSocketRoute('/http-exception', http_exception),
        WebSocketRoute('/fail-before-accept', fail_before_accept),
        WebSocketRoute('/fail', fail),
        WebSocketRoute('/return', return_at_once),
        Mount('/fastapi', fastapi),
    ],
)
