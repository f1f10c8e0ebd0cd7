"""Requests that the app holds until another one releases them, for test/end-to-end/long-polling.test.ts. Plain ASGI."""

import asyncio
import json
import time
from collections import defaultdict

waiting = defaultdict(set)
departures = {}


async def app(scope, receive, send):
    if scope['type'] != 'http':
        raise NotImplementedError(scope['type'])
    action, channel = scope['path'].strip('/').split('/')
    await {'poll': poll, 'release': release, 'waiting': show}[action](channel, scope, receive, send)


async def poll(channel, scope, receive, send):
    """Waits for what comes first: the release, or the end of the client."""
    released = asyncio.get_running_loop().create_future()
    waiting[channel].add(released)
    gone = asyncio.ensure_future(disconnected(receive))
    await asyncio.wait([released, gone], return_when=asyncio.FIRST_COMPLETED)
    waiting[channel].discard(released)
    if gone.done():
        departures[channel] = time.time()
        return
    gone.cancel()
    await answer(send, {'released': released.result()})


async def disconnected(receive):
    while (await receive())['type'] != 'http.disconnect':
        pass


async def release(channel, scope, receive, send):
    released = [each for each in waiting[channel] if not each.done()]
    for each in released:
        each.set_result(scope['query_string'].decode())
    await answer(send, len(released))


async def show(channel, scope, receive, send):
    await answer(send, {'waiting': len(waiting[channel]), 'left': departures.get(channel)})


async def answer(send, value):
    headers = [(b'content-type', b'application/json')]
    await send({'type': 'http.response.start', 'status': 200, 'headers': headers})
    await send({'type': 'http.response.body', 'body': json.dumps(value).encode()})
