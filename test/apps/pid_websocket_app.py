"""Tells every WebSocket client which process it talks to, and what the others were closed with."""

import os

closed = []


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        raise RuntimeError('none')
    if scope['type'] == 'http':
        await send({'type': 'http.response.start', 'status': 200, 'headers': []})
        await send({'type': 'http.response.body', 'body': str(os.getpid()).encode()})
        return
    await receive()
    await send({'type': 'websocket.accept'})
    while True:
        message = await receive()
        if message['type'] == 'websocket.disconnect':
            print('closed with', message['code'], flush=True)
            return
        await send({'type': 'websocket.send', 'text': str(os.getpid())})
