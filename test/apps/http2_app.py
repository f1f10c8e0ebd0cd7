"""What an app may do over HTTP/2, in FastAPI, for test/end-to-end/http2/clients.test.ts."""

import asyncio
import hashlib
from collections import defaultdict

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import HTMLResponse, StreamingResponse

app = FastAPI()
gates = defaultdict(asyncio.Event)
pixels = range(50)


@app.get('/')
async def page():
    images = ''.join(f'<img src="/image/{number}">' for number in pixels)
    return HTMLResponse(f'<!doctype html><title>Over HTTP/2</title>{images}')


@app.get('/image/{number}')
async def image(number: int):
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" width="{number + 1}" height="10"/>'
    return Response(drawing, media_type='image/svg+xml')


@app.get('/json')
async def get_json():
    return {'hello': 'world'}


@app.post('/upload')
async def upload(request: Request):
    digest = hashlib.sha256()
    length = 0
    async for piece in request.stream():
        digest.update(piece)
        length += len(piece)
    return {'length': length, 'sha256': digest.hexdigest()}


@app.get('/gated/{key}')
async def gated(key: str):
    async def pieces():
        yield 'first\n'
        await gates[key].wait()
        yield 'second\n'

    return StreamingResponse(pieces(), media_type='text/plain')


@app.post('/release/{key}')
async def release(key: str):
    gates[key].set()
    return {}


@app.get('/events')
async def events():
    async def pieces():
        for number in range(3):
            yield f'data: {number}\n\n'
        await asyncio.Event().wait()

    return StreamingResponse(pieces(), media_type='text/event-stream')


@app.websocket('/ws')
async def echo(socket: WebSocket):
    await socket.accept()
    await socket.send_text(socket.scope['http_version'])
    async for text in socket.iter_text():
        await socket.send_text(text)


class Raw:
    """What FastAPI has no means for: early hints and trailers."""

    async def __call__(self, scope, receive, send):
        hint = b'</style.css>; rel=preload; as=style'
        await send({'type': 'http.response.early_hint', 'links': [hint]})
        await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'trailer', b'x-sum')], 'trailers': True})
        await send({'type': 'http.response.body', 'body': b'with trailers'})
        await send({'type': 'http.response.trailers', 'headers': [(b'x-sum', b'13')]})


app.mount('/raw', Raw())
