"""What clients do in the chat of test/apps/channels_site."""

import json

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


def chat(url, room, origin=None, **options):
    """Opens the room as a page of the site does, or one of another origin."""
    return connect(f'{url.replace("http", "ws", 1)}/chat/{room}/?ship=argo', origin=origin or url, **options)


async def heard(client):
    return json.loads(await client.recv())


async def say(client, **content):
    await client.send(json.dumps(content))


async def close_of(client):
    try:
        await client.recv()
    except ConnectionClosed as closed:
        return closed.rcvd and (closed.rcvd.code, closed.rcvd.reason)
    raise AssertionError('a message, and no end')


async def chat_in_a_room(url):
    async with chat(url, 'deck') as ana, chat(url, 'deck') as ben, chat(url, 'hold') as eve:
        for client in (ana, ben, eve):
            assert await heard(client) == {'offered': [], 'query': 'ship=argo'}
        for text in ('land ahead', 'žluťoučký kůň', 'x' * 100_000):
            await say(ana, say=text)
            assert await heard(ben) == {'heard': text}
            assert await heard(ana) == {'heard': text}
        await say(eve, say='a rat')
        assert await heard(eve) == {'heard': 'a rat'}


async def agrees_on_a_subprotocol(url):
    async with chat(url, 'deck', subprotocols=['chat.v1', 'chat.v2']) as client:
        assert client.subprotocol == 'chat.v2'
        assert (await heard(client))['offered'] == ['chat.v1', 'chat.v2']
    async with chat(url, 'deck', subprotocols=['chat.v9']) as client:
        assert client.subprotocol is None


async def is_closed_by_the_consumer(url):
    async with chat(url, 'deck') as client:
        await heard(client)
        await say(client, leave=4321, why='enough')
        assert await close_of(client) == (4321, 'enough')


async def tells_the_others_how_it_left(url):
    async with chat(url, 'cabin') as watcher:
        await heard(watcher)
        async with chat(url, 'cabin') as client:
            await heard(client)
            await client.close(4001)
        assert await heard(watcher) == {'left': 4001}
        async with chat(url, 'cabin') as client:
            await heard(client)
            client.transport.abort()
            assert await heard(watcher) == {'left': 1006}


async def fails_on_what_is_not_json(url):
    async with chat(url, 'deck') as client:
        await heard(client)
        await client.send('this is not JSON')
        code, _ = await close_of(client)
        assert code == 1011, code


async def refusal(url, room, origin=None):
    """The status of the answer to a handshake that is refused."""
    try:
        async with chat(url, room, origin):
            raise AssertionError('it was accepted')
    except InvalidStatus as refused:
        return refused.response.status_code
