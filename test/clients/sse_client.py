"""What httpx-sse does with test/apps/sse_app.py."""

from contextlib import asynccontextmanager

import httpx
from httpx_sse import aconnect_sse


@asynccontextmanager
async def listening(url, channel, query='', **headers):
    async with httpx.AsyncClient(base_url=url) as client:
        async with aconnect_sse(client, 'GET', f'/events/{channel}{query}', headers=headers) as source:
            yield client, source.aiter_sse()


async def gets_events_one_by_one(url):
    async with listening(url, 'steps') as (client, events):
        for number in range(5):
            await client.post('/events/steps', json={'data': f'step {number}'})
            event = await anext_of(events)
            assert (event.id, event.event, event.data) == (str(number), 'message', f'step {number}'), event


async def reads_every_field(url):
    async with listening(url, 'fields') as (client, events):
        sent = {'event': 'weather', 'data': 'two\nlines of žluť', 'retry': 1500, 'comment': 'not shown'}
        await client.post('/events/fields', json=sent)
        event = await anext_of(events)
        assert (event.event, event.data, event.retry) == ('weather', 'two\nlines of žluť', 1500), event


async def goes_on_after_the_last_event(url):
    async with httpx.AsyncClient(base_url=url) as client:
        for text in ('one', 'two', 'three'):
            await client.post('/events/resumed', json={'data': text})
    async with listening(url, 'resumed', **{'last-event-id': '0'}) as (_, events):
        assert [(await anext_of(events)).data for _ in range(2)] == ['two', 'three']


async def gets_pings(url):
    async with httpx.AsyncClient(base_url=url) as client:
        async with client.stream('GET', '/events/pinged?ping=0.05') as answer:
            assert answer.headers['content-type'] == 'text/event-stream; charset=utf-8'
            assert answer.headers['cache-control'] == 'no-store'
            assert answer.headers['x-channel'] == 'pinged'
            pieces = answer.aiter_text()
            for _ in range(3):
                assert (await anext_of(pieces)).startswith(': ping - ')


async def counts(url, limit):
    """The data of a stream that ends."""
    async with httpx.AsyncClient(base_url=url) as client:
        async with aconnect_sse(client, 'GET', f'/count/{limit}') as source:
            return [event.data async for event in source.aiter_sse()]


def anext_of(iterator):
    """`anext`, which Python has from 3.10 on."""
    return iterator.__anext__()
