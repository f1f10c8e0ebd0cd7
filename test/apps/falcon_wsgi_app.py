"""The routes of test/end-to-end/app-behaviours.ts in Falcon, WSGI."""

import hashlib
import threading
from collections import defaultdict

import falcon

gates = defaultdict(threading.Event)
seen = defaultdict(int)


class Json:
    def on_get(self, req, resp):
        resp.media = {'hello': 'world'}

    on_head = on_get

    def on_post(self, req, resp):
        resp.media = req.get_media()


class Item:
    def on_get(self, req, resp, name):
        resp.media = {'name': name, 'q': req.get_param('q')}


class Form:
    def on_post(self, req, resp):
        form = req.get_media()
        resp.media = {'name': form['name'], 'color': form['color']}


class Upload:
    def on_post(self, req, resp):
        answer = {}
        for part in req.get_media():
            if part.name == 'note':
                answer['note'] = part.text
            else:
                digest = hashlib.sha256()
                length = 0
                while piece := part.stream.read(65536):
                    digest.update(piece)
                    length += len(piece)
                answer.update(filename=part.filename, length=length, sha256=digest.hexdigest())
        resp.media = answer


class Gated:
    def on_get(self, req, resp, key):
        def pieces():
            yield b'first\n'
            gates[key].wait()
            yield b'second\n'

        resp.content_type = falcon.MEDIA_TEXT
        resp.stream = pieces()


class Release:
    def on_post(self, req, resp, key):
        gates[key].set()
        resp.media = {}


class Pieces:
    def on_post(self, req, resp, key):
        digest = hashlib.sha256()
        for line in req.stream:
            digest.update(line)
            seen[key] += len(line)
        resp.media = {'length': seen[key], 'sha256': digest.hexdigest()}


class Seen:
    def on_get(self, req, resp, key):
        resp.media = {'bytes': seen[key]}


class Redirect:
    def on_get(self, req, resp):
        raise falcon.HTTPFound('/json')


class Cookies:
    def on_get(self, req, resp):
        resp.append_header('set-cookie', 'first=1')
        resp.set_cookie('second', '2')
        resp.set_cookie('third', '3')
        resp.media = {'a': req.cookies['a'], 'b': req.cookies['b']}


class Fail:
    def on_get(self, req, resp):
        raise RuntimeError('the kettle is cold')


app = falcon.App()
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
