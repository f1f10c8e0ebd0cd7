"""What the `websockets` client does with test/apps/starlette_websocket_app.py."""

import asyncio
import json
import os

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


def to(url, path, **options):
    return connect(url.replace('http', 'ws', 1) + path, **options)


async def echoes(url):
    async with to(url, '/echo') as client:
        for message in ('ahoy', 'žluťoučký kůň 🐎', '', b'\x00\xff', b'', 'x' * 70_000):
            await client.send(message)
            assert await client.recv() == message


async def echoes_json(url, mode):
    async with to(url, f'/json?mode={mode}') as client:
        value = {'text': 'žluť', 'list': [1, None, True]}
        await client.send(json.dumps(value).encode(), text=mode == 'text')
        answer = await client.recv()
        assert isinstance(answer, str if mode == 'text' else bytes)
        assert json.loads(answer) == value


async def echoes_in_order(url):
    async with to(url, '/echo') as client:
        sent = [f'message {number}' for number in range(1_000)]
        for text in sent:
            await client.send(text)
        assert [await client.recv() for _ in sent] == sent


async def echoes_a_megabyte(url):
    data = os.urandom(1 << 20)
    async with to(url, '/echo', max_size=None) as client:
        for message in (data, data.hex()[: 1 << 20]):
            await client.send(message)
            assert await client.recv() == message


async def echoes_fragments(url):
    async with to(url, '/echo') as client:
        await client.send(['a mes', '', 'sage in ', 'žluté', ' pieces'])
        assert await client.recv() == 'a message in žluté pieces'
        await client.send([b'\x00' * 40_000, b'\x01' * 40_000, b'\x02'])
        assert await client.recv() == b'\x00' * 40_000 + b'\x01' * 40_000 + b'\x02'


async def is_answered_pings(url):
    async with to(url, '/echo') as client:
        for data in (b'', b'are you there?', b'x' * 125):
            await asyncio.wait_for(await client.ping(data), 5)
        await client.send('ahoy')
        assert await client.recv() == 'ahoy'


async def agrees_on_compression(url):
    """What was agreed on, and whether messages survive it."""
    async with to(url, '/echo') as client:
        for message in ('x' * 100_000, os.urandom(50_000), 'x' * 10):
            await client.send(message)
            assert await client.recv() == message
        return client.response.headers.get('sec-websocket-extensions')


async def goes_without_compression(url):
    async with to(url, '/echo', compression=None) as client:
        assert 'sec-websocket-extensions' not in client.response.headers
        await client.send('x' * 100_000)
        assert await client.recv() == 'x' * 100_000


async def agrees_on_a_subprotocol(url):
    async with to(url, '/subprotocol', subprotocols=['chat', 'superchat', 'v10.stomp']) as client:
        assert client.subprotocol == 'v10.stomp'
        assert client.response.headers['x-crew'] == 'fifty'
        assert client.response.headers['set-cookie'] == 'a=1'
        assert json.loads(await client.recv()) == ['chat', 'superchat', 'v10.stomp']
    async with to(url, '/subprotocol') as client:
        assert client.subprotocol is None


async def scope(url):
    headers = [('X-Name', 'Ana'), ('X-Name', 'Ben')]
    async with to(url, '/scope/caf%C3%A9%20x?q=a%20b&q=', additional_headers=headers) as client:
        return json.loads(await client.recv())


async def is_closed(url, path, *messages):
    """The code and the reason of the server's close."""
    async with to(url, path) as client:
        for message in messages:
            await client.send(message)
        try:
            while True:
                await client.recv()
        except ConnectionClosed as closed:
            assert closed.rcvd_then_sent, 'the client closed first, or the connection was lost'
            return [closed.rcvd.code, closed.rcvd.reason]


async def closes(url, key, code, reason):
    """Closes, and gives the code of the server's part of the handshake."""
    async with to(url, f'/watched/{key}') as client:
        await client.close(code, reason)
        return client.close_code


async def is_denied(url, path, **options):
    """The answer to a handshake that is denied."""
    try:
        async with to(url, path, **options):
            raise AssertionError('it was accepted')
    except InvalidStatus as denied:
        response = denied.response
        return {'status': response.status_code, 'headers': dict(response.headers), 'body': response.body.decode()}


async def takes_a_typed_seat(url, path, name):
    async with to(url, f'/fastapi/seats/{path}', additional_headers={'x-name': name}) as client:
        return json.loads(await client.recv())


async def is_denied_a_seat(url, path, name):
    return await is_denied(url, f'/fastapi/seats/{path}', additional_headers={'x-name': name})
