"""A Socket.IO server for test/end-to-end/socketio.test.ts: acknowledgements, rooms, binary data, questions to a client, refusal."""

from pathlib import Path

import socketio
from socketio.exceptions import ConnectionRefusedError as Refused

here = Path(__file__).parent
script = here.parents[1] / 'node_modules/socket.io-client/dist/socket.io.min.js'
server = socketio.AsyncServer(async_mode='asgi')
departures = {}


@server.event
async def connect(sid, environ, auth):
    if auth == 'wrong':
        raise Refused('not with that word')
    await server.save_session(sid, environ['QUERY_STRING'])


@server.event
async def disconnect(sid, reason):
    departures[sid] = reason


@server.event
async def echo(sid, *values):
    return values


@server.event
async def query(sid):
    return await server.get_session(sid)


@server.event
async def transport(sid):
    return server.transport(sid)


@server.event
async def join(sid, room):
    await server.enter_room(sid, room)


@server.event
async def leave(sid, room):
    await server.leave_room(sid, room)


@server.event
async def say(sid, room, text):
    await server.emit('said', text, room=room)


@server.event
async def be_asked(sid):
    """Asks the client in return, and gives its answer back."""
    return await server.call('question', 'how many oars?', to=sid, timeout=5)


@server.event
async def send_back(sid, data):
    await server.emit('sent_back', {'data': data, 'size': len(data)}, to=sid)


@server.event
async def leave_me(sid):
    await server.disconnect(sid)


@server.event
async def departure(sid, of):
    return departures.get(of)


app = socketio.ASGIApp(
    server,
    static_files={
        '/': {'filename': str(here / 'pages/socketio.html'), 'content_type': 'text/html'},
        '/socket.io.js': {'filename': str(script), 'content_type': 'text/javascript'},
    },
)
