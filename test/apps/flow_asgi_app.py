"""An ASGI app for streams that are larger than what anybody should hold."""

import asyncio
from collections import defaultdict

PIECE = b'x' * 65536
sent = 0
freed = 0
gates = defaultdict(asyncio.Event)


async def app(scope, receive, send):
    if scope['type'] != 'http':
        raise RuntimeError('only http')
    path, query = scope['path'], scope['query_string'].decode()
    if path == '/echo':
        await echo(receive, send, query)
    elif path == '/download':
        await download(send, int(query))
    elif path == '/late-reader':
        await late_reader(receive, send)
    elif path == '/release':
        gates['late-reader'].set()
        await answer(send, '')
    else:
        await answer(send, f'{sent} {freed}')


async def echo(receive, send, length):
    await start(send, length)
    while True:
        message = await receive()
        if message['type'] == 'http.disconnect':
            return
        await send({'type': 'http.response.body', 'body': message['body'], 'more_body': message['more_body']})
        if not message['more_body']:
            return


async def download(send, length):
    global sent, freed
    await start(send, str(length))
    try:
        for _ in range(length // len(PIECE)):
            await send({'type': 'http.response.body', 'body': PIECE, 'more_body': True})
            sent += len(PIECE)
    except OSError:
        freed += 1
        raise
    await send({'type': 'http.response.body'})


async def late_reader(receive, send):
    await gates['late-reader'].wait()
    taken = 0
    while True:
        message = await receive()
        taken += len(message['body'])
        if not message['more_body']:
            break
    await answer(send, str(taken))


async def start(send, length):
    headers = [(b'content-length', length.encode())]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})


async def answer(send, text):
    await start(send, str(len(text)))
    await send({'type': 'http.response.body', 'body': text.encode()})
