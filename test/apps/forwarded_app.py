"""Tells what an app sees of its client, by ASGI and by WSGI, as JSON: client, scheme, host and what proxies have said."""

import json

TOLD = ('forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-real-ip', 'x_forwarded_for')


async def asgi(scope, receive, send):
    assert scope['type'] == 'http'
    headers = {name.decode(): value.decode('latin-1') for name, value in scope['headers']}
    told = {name: headers[name] for name in TOLD if name in headers}
    seen = {'client': scope['client'], 'scheme': scope['scheme'], 'host': headers['host'], 'told': told}
    await send({'type': 'http.response.start', 'status': 200, 'headers': [(b'content-type', b'application/json')]})
    await send({'type': 'http.response.body', 'body': json.dumps(seen).encode()})


def wsgi(environ, start_response):
    keys = {name: f'HTTP_{name.upper().replace("-", "_")}' for name in TOLD if '_' not in name}
    told = {name: environ[key] for name, key in keys.items() if key in environ}
    client = [environ['REMOTE_ADDR'], int(environ['REMOTE_PORT'])]
    seen = {'client': client, 'scheme': environ['wsgi.url_scheme'], 'host': environ['HTTP_HOST'], 'told': told}
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [json.dumps(seen).encode()]
