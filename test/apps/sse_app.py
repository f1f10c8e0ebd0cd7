"""Event streams of sse-starlette for test/end-to-end/sse.test.ts: what is posted to a channel goes to all who listen to it."""

import asyncio
import time
from collections import defaultdict
from pathlib import Path

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Route

page = Path(__file__).parent / 'pages/sse.html'
posted = defaultdict(list)
listeners = defaultdict(set)
departures = {}


async def listen(request):
    """Begins after the event that the client has seen last, as its Last-Event-ID says."""
    channel = request.path_params['channel']
    first = int(request.headers.get('last-event-id', -1)) + 1

    async def events():
        queue = asyncio.Queue()
        for event in posted[channel][first:]:
            queue.put_nowait(event)
        listeners[channel].add(queue)
        try:
            while (event := await queue.get()) is not None:
                yield event
        finally:
            listeners[channel].discard(queue)
            departures[channel] = time.time()

    ping = float(request.query_params.get('ping', 15))
    return EventSourceResponse(events(), ping=ping, headers={'x-channel': channel})


async def post(request):
    channel = request.path_params['channel']
    event = ServerSentEvent(id=str(len(posted[channel])), **await request.json())
    posted[channel].append(event)
    for queue in listeners[channel]:
        queue.put_nowait(event)
    return JSONResponse(len(listeners[channel]))


async def end(request):
    for queue in listeners[request.path_params['channel']]:
        queue.put_nowait(None)
    return JSONResponse(None)


async def show(request):
    """How many listen to the channel, and when the last of them left, in seconds of the epoch."""
    channel = request.path_params['channel']
    return JSONResponse({'listeners': len(listeners[channel]), 'left': departures.get(channel)})


async def count_to(request):
    """Events from an iterator that blocks, which end."""
    limit = int(request.path_params['limit'])
    return EventSourceResponse(iter([{'data': number} for number in range(1, limit + 1)]))


app = Starlette(
    routes=[
        Route('/', lambda request: FileResponse(page)),
        Route('/events/{channel}', listen),
        Route('/events/{channel}', post, methods=['POST']),
        Route('/end/{channel}', end, methods=['POST']),
        Route('/listeners/{channel}', show),
        Route('/count/{limit}', count_to),
    ],
)
