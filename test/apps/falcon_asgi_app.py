"""The routes of test/end-to-end/app-behaviours.ts in Falcon, ASGI."""

import asyncio
import hashlib
from collections import defaultdict

import falcon
import falcon.asgi

gates = defaultdict(asyncio.Event)
seen = defaultdict(int)
done = set()


class Json:
    async def on_get(self, req, resp):
        resp.media = {'hello': 'world'}

    on_head = on_get

    async def on_post(self, req, resp):
        resp.media = await req.get_media()


class Item:
    async def on_get(self, req, resp, name):
        resp.media = {'name': name, 'q': req.get_param('q')}


class Form:
    async def on_post(self, req, resp):
        form = await req.get_media()
        resp.media = {'name': form['name'], 'color': form['color']}


class Upload:
    async def on_post(self, req, resp):
        answer = {}
        async for part in await req.get_media():
            if part.name == 'note':
                answer['note'] = await part.text
            else:
                digest = hashlib.sha256()
                length = 0
                while piece := await part.stream.read(65536):
                    digest.update(piece)
                    length += len(piece)
                answer.update(filename=part.filename, length=length, sha256=digest.hexdigest())
        resp.media = answer


class Gated:
    async def on_get(self, req, resp, key):
        async def pieces():
            yield b'first\n'
            await gates[key].wait()
            yield b'second\n'

        resp.content_type = falcon.MEDIA_TEXT
        resp.stream = pieces()


class Release:
    async def on_post(self, req, resp, key):
        gates[key].set()
        resp.media = {}


class Pieces:
    async def on_post(self, req, resp, key):
        digest = hashlib.sha256()
        async for piece in req.stream:
            digest.update(piece)
            seen[key] += len(piece)
        resp.media = {'length': seen[key], 'sha256': digest.hexdigest()}


class Seen:
    async def on_get(self, req, resp, key):
        resp.media = {'bytes': seen[key]}


class Redirect:
    async def on_get(self, req, resp):
        raise falcon.HTTPFound('/json')


class Cookies:
    async def on_get(self, req, resp):
        resp.append_header('set-cookie', 'first=1')
        resp.set_cookie('second', '2')
        resp.set_cookie('third', '3')
        resp.media = {'a': req.cookies['a'], 'b': req.cookies['b']}


class Fail:
    async def on_get(self, req, resp):
        raise RuntimeError('the kettle is cold')


class Background:
    async def on_post(self, req, resp, key):
        async def task():
            await gates[key].wait()
            done.add(key)

        resp.schedule(task)
        resp.media = {}

    async def on_get(self, req, resp, key):
        resp.media = {'done': key in done}


app = falcon.asgi.App()
app.add_route('/json', Json())
app.add_route('/items/{name}', Item())
app.add_route('/form', Form())
app.add_route('/upload', Upload())
app.add_route('/gated/{key}', Gated())
app.add_route('/release/{key}', Release())
app.add_route('/pieces/{key}', Pieces())
app.add_route('/seen/{key}', Seen())
app.add_route('/redirect', Redirect())
app.add_route('/cookies', Cookies())
app.add_route('/fail', Fail())
app.add_route('/background/{key}', Background())
