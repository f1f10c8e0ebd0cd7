"""An ASGI app whose paths each show one point of the specification; `/told` says what the app was told on the others."""

import asyncio
import json
import os
import tempfile

told = []
leave = {}


async def app(scope, receive, send):
    if scope['type'] == 'lifespan':
        await lifespan(scope, receive, send)
        return
    name = scope['path'].split('/')[-1].replace('-', '_')
    await globals()[f'{scope["type"]}_{name}'](scope, receive, send)


async def lifespan(scope, receive, send):
    scope['state']['shared'] = ['started']
    await receive()
    await send({'type': 'lifespan.startup.complete'})
    await receive()
    await send({'type': 'lifespan.shutdown.complete'})


def start(status=200, headers=(), **more):
    return {'type': 'http.response.start', 'status': status, 'headers': list(headers), **more}


def body(data=b'', more=False):
    return {'type': 'http.response.body', 'body': data, 'more_body': more}


async def answer(send, value):
    await send(start(headers=[(b'content-type', b'application/json')]))
    await send(body(json.dumps(value).encode()))


async def http_told(scope, receive, send):
    await answer(send, told)
    told.clear()


async def http_scope(scope, receive, send):
    seen = {key: value for key, value in scope.items() if key not in ('headers', 'state')}
    seen['raw_path'] = scope['raw_path'].decode('latin-1')
    seen['query_string'] = scope['query_string'].decode('latin-1')
    seen['headers'] = [[name.decode('latin-1'), value.decode('latin-1')] for name, value in scope['headers']]
    seen['state'] = list(scope['state'])
    text = json.dumps(seen)
    for shared in (scope, scope['state'], scope['asgi'], *scope['extensions'].values(), scope['extensions']):
        shared['mine'] = 1
    await send(start())
    await send(body(text.encode()))


http_ünï = http_scope


async def http_echo(scope, receive, send):
    data = b''
    more = True
    while more:
        message = await receive()
        data += message['body']
        more = message['more_body']
    await send(start())
    await send(body(data))


async def http_ignores_body(scope, receive, send):
    await answer(send, 'not asked')


async def http_disconnects(scope, receive, send):
    await receive()
    waiting = asyncio.ensure_future(receive())
    await asyncio.sleep(0)
    told.append(['early', waiting.done()])
    await answer(send, 'done')
    told.extend([(await waiting)['type'], (await receive())['type']])


async def http_raises_after_start(scope, receive, send):
    await send(start())
    raise RuntimeError('before any body')


async def http_raises_after_body(scope, receive, send):
    await send(start())
    await send(body(b'some', True))
    raise RuntimeError('in the middle')


async def http_gated(scope, receive, send):
    gate = leave['gate'] = asyncio.Event()
    await send(start())
    await send(body(b'first', True))
    await gate.wait()
    await send(body(b'second'))


async def http_open_gate(scope, receive, send):
    leave['gate'].set()
    await answer(send, 'open')


async def http_own_transfer_encoding(scope, receive, send):
    await send(start(headers=[(b'transfer-encoding', b'chunked')]))
    await send(body(b'one', True))
    await send(body(b'two'))


async def http_wrong_messages(scope, receive, send):
    wrong = [
        [body(b'x')],
        [start(headers=[(b'content-length', b'3')]), body(b'four')],
        [start(), start()],
    ]
    try:
        for message in wrong[int(scope['query_string'])]:
            await send(message)
    except RuntimeError as error:
        told.append(str(error))
        raise


async def http_send_after_disconnect(scope, receive, send):
    await send(start())
    await send(body(b'x', True))
    while (await receive())['type'] != 'http.disconnect':
        pass
    try:
        await send(body(b'y', True))
    except OSError as error:
        told.append(['OSError', scope['asgi']['spec_version']])
        raise error


async def http_endless(scope, receive, send):
    await send(start())
    try:
        while True:
            await send(body(b'x', True))
    except OSError:
        told.append(['OSError', (await receive())['type']])


async def http_much(scope, receive, send):
    await send(start(headers=[(b'x', b'x' * 2_000_000)]))
    await send(body())


async def http_much_at_the_end(scope, receive, send):
    await send(start(trailers=True))
    await send(body(b'content'))
    await send({'type': 'http.response.trailers', 'headers': [(b'x', b'x' * 2_000_000)]})


async def http_status(scope, receive, send):
    await send(start(int(scope['query_string']), [(b'content-length', b'5')]))
    await send(body(b'hello'))


async def http_trailers(scope, receive, send):
    promised = scope['query_string'] != b'unpromised'
    await send(start(headers=[(b'trailer', b'x-sum')], trailers=promised))
    await send(body(b'content'))
    if promised:
        await send({'type': 'http.response.trailers', 'headers': [(b'x-sum', b'1')], 'more_trailers': True})
        await send({'type': 'http.response.trailers', 'headers': [(b'x-last', b'2')]})


def temporary_file(content, suffix=''):
    descriptor, path = tempfile.mkstemp(suffix, 'galley-test-')
    os.write(descriptor, content)
    os.close(descriptor)
    return path


async def http_pathsend(scope, receive, send):
    content = b'0123456789' * 100_000
    path = temporary_file(content, os.fsdecode(b'\xff') if scope['query_string'] else '')
    await send(start(headers=[(b'content-length', str(len(content)).encode())]))
    await send({'type': 'http.response.pathsend', 'path': path})
    os.unlink(path)


async def http_pathsend_missing(scope, receive, send):
    await send(start())
    await send({'type': 'http.response.pathsend', 'path': '/nowhere/at/all'})


async def http_zerocopysend(scope, receive, send):
    path = temporary_file(b'0123456789' * 100_000)
    with open(path, 'rb') as file:
        os.unlink(path)
        await send(start())
        await send(body(b'<', True))
        await send({'type': 'http.response.zerocopysend', 'file': file, 'offset': 5, 'count': 500_000, 'more_body': True})
        await send({'type': 'http.response.zerocopysend', 'file': file, 'offset': 0, 'count': 3, 'more_body': True})
        told.append(file.tell())
    await send(body(b'>'))


async def http_early_hint(scope, receive, send):
    await send({'type': 'http.response.early_hint', 'links': [b'</a.css>; rel=preload', b'</b.js>; rel=preload']})
    await answer(send, 'hinted')


async def websocket_scope(scope, receive, send):
    first = await receive()
    await send({'type': 'websocket.accept', 'headers': [(b'x-app', b'yes')]})
    seen = {key: scope[key] for key in ('type', 'scheme', 'path', 'root_path', 'http_version', 'subprotocols', 'asgi', 'extensions')}
    seen['raw_path'] = scope['raw_path'].decode('latin-1')
    seen['query_string'] = scope['query_string'].decode('latin-1')
    await send({'type': 'websocket.send', 'text': json.dumps({**seen, 'first': first['type'], 'state': list(scope['state'])})})


async def websocket_noted(scope, receive, send):
    await receive()
    await send({'type': 'websocket.accept'})
    for _ in range(2):
        message = await receive()
        told.append([message['type'], message['code'], message['reason']])


async def websocket_echo(scope, receive, send):
    await receive()
    await send({'type': 'websocket.accept', 'subprotocol': scope['subprotocols'][0] if scope['subprotocols'] else None})
    while True:
        message = await receive()
        if message['type'] == 'websocket.disconnect':
            return
        # Both keys, one of them None, as some frameworks send.
        await send({'type': 'websocket.send', 'bytes': message.get('bytes'), 'text': message.get('text')})


async def websocket_close_first(scope, receive, send):
    await receive()
    await send({'type': 'websocket.close', 'code': 4000})


async def websocket_denied(scope, receive, send):
    await receive()
    await send({'type': 'websocket.http.response.start', 'status': 401, 'headers': [(b'www-authenticate', b'Basic')]})
    await send({'type': 'websocket.http.response.body', 'body': b'who ', 'more_body': True})
    await send({'type': 'websocket.http.response.body', 'body': b'are you?'})


async def websocket_own_protocol_header(scope, receive, send):
    await receive()
    try:
        await send({'type': 'websocket.accept', 'headers': [(b'sec-websocket-protocol', b'x')]})
    except Exception as error:
        told.append(type(error).__name__)
        raise


async def websocket_raises_first(scope, receive, send):
    raise RuntimeError('before the handshake')


async def websocket_returns_first(scope, receive, send):
    await receive()


async def websocket_returns(scope, receive, send):
    await receive()
    await send({'type': 'websocket.accept'})


async def websocket_raises(scope, receive, send):
    await receive()
    await send({'type': 'websocket.accept'})
    raise RuntimeError('after the handshake')


async def websocket_closes(scope, receive, send):
    await receive()
    await send({'type': 'websocket.accept'})
    await send({'type': 'websocket.close', 'code': 4321, 'reason': 'enough'})
    message = await receive()
    told.append(['disconnect', message['code']])
    try:
        await send({'type': 'websocket.send', 'text': 'more'})
    except OSError:
        told.append('OSError')
