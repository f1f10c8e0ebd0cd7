"""What a Socket.IO client does with test/apps/socketio_app.py, over the transports it is given."""

import asyncio
from contextlib import asynccontextmanager
from socket import SHUT_RDWR

import aiohttp
import socketio


@asynccontextmanager
async def new_client():
    """Not disconnected at the end, when its connections close: a polling client would wait for its last poll."""
    async with aiohttp.ClientSession() as session:
        yield socketio.AsyncClient(reconnection=False, http_session=session)


@asynccontextmanager
async def connected(url, transports):
    async with new_client() as client:
        await client.connect(url, transports=transports)
        yield client


def events(client, name):
    """The values of the events of this name, as they come."""
    queue = asyncio.Queue()
    client.on(name, queue.put)
    return queue


async def connects(url, transports):
    async with connected(url + '?ship=argo', transports) as client:
        assert 'ship=argo' in await client.call('query')
        assert await client.call('transport') == transports[-1]


async def acknowledges(url, transports):
    async with connected(url, transports) as client:
        values = ('ahoy', 7, {'list': [1, None, 'žluť']})
        assert await client.call('echo', values) == values
        answers = await asyncio.gather(*(client.call('echo', number) for number in range(10)))
        assert answers == list(range(10)), answers


async def carries_binary(url, transports):
    data = bytes(range(256)) * 400
    async with connected(url, transports) as client:
        sent_back = events(client, 'sent_back')
        await client.emit('send_back', data)
        assert await sent_back.get() == {'data': data, 'size': len(data)}
        assert await client.call('echo', data) == data


async def is_asked(url, transports):
    async with connected(url, transports) as client:
        client.on('question', lambda text: f'{text} fifty')
        assert await client.call('be_asked') == 'how many oars? fifty'


async def meets_in_rooms(url, transports):
    async with connected(url, transports) as ana, connected(url, transports) as ben, connected(url, transports) as eve:
        heard = [events(client, 'said') for client in (ana, ben, eve)]
        await ana.call('join', 'deck')
        await ben.call('join', 'deck')
        await eve.call('join', 'hold')
        await ana.emit('say', ('deck', 'land ahead'))
        assert [await heard[0].get(), await heard[1].get()] == ['land ahead'] * 2
        await ben.call('leave', 'deck')
        await ana.emit('say', ('deck', 'a second time'))
        assert await heard[0].get() == 'a second time'
        await eve.emit('say', ('hold', 'a rat'))
        assert await heard[2].get() == 'a rat'
        assert heard[1].empty()


async def is_refused(url, transports):
    async with new_client() as client:
        refusals = events(client, 'connect_error')
        connecting = asyncio.create_task(client.connect(url, auth='wrong', transports=transports))
        refusal = await refusals.get()
        assert refusal == {'message': 'not with that word'}, refusal
        connecting.cancel()


async def is_sent_away(url, transports):
    async with connected(url, transports) as client:
        left = events(client, 'disconnect')
        await client.emit('leave_me')
        assert await left.get() == client.reason.SERVER_DISCONNECT


async def leaves(url, transports):
    """The server hears of a client that disconnects."""
    async with connected(url, transports) as watcher, connected(url, transports) as client:
        sid = client.get_sid()
        assert await watcher.call('departure', sid) is None
        leaving = asyncio.create_task(client.disconnect())
        await departure(watcher, sid)
        leaving.cancel()


async def is_lost(url, transports):
    """The server hears of a client whose connection breaks. Only a WebSocket can tell."""
    async with connected(url, transports) as watcher, connected(url, transports) as client:
        sid = client.get_sid()
        client.eio.ws.get_extra_info('socket').shutdown(SHUT_RDWR)
        await departure(watcher, sid)


async def departure(watcher, sid):
    while await watcher.call('departure', sid) is None:
        await asyncio.sleep(0.01)
