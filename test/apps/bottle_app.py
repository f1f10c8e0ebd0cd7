"""The routes of test/end-to-end/app-behaviours.ts in Bottle."""

import hashlib
import threading
from collections import defaultdict

from bottle import Bottle, redirect, request, response

# Exceptions go through to the server.
app = Bottle(catchall=False)
gates = defaultdict(threading.Event)
seen = defaultdict(int)


@app.get('/json')
def get_json():
    return {'hello': 'world'}


@app.post('/json')
def echo_json():
    return request.json


@app.get('/items/<name>')
def item(name):
    return {'name': name, 'q': request.query.q}


@app.post('/form')
def form():
    return {'name': request.forms.name, 'color': request.forms.color}


@app.post('/upload')
def upload():
    upload = request.files['file']
    digest = hashlib.sha256()
    length = 0
    while piece := upload.file.read(65536):
        digest.update(piece)
        length += len(piece)
    return {'note': request.forms.note, 'filename': upload.raw_filename, 'length': length, 'sha256': digest.hexdigest()}


@app.get('/gated/<key>')
def gated(key):
    response.content_type = 'text/plain'
    yield 'first\n'
    gates[key].wait()
    yield 'second\n'


@app.post('/release/<key>')
def release(key):
    gates[key].set()
    return {}


@app.post('/pieces/<key>')
def pieces(key):
    digest = hashlib.sha256()
    for line in request['wsgi.input']:
        digest.update(line)
        seen[key] += len(line)
    return {'length': seen[key], 'sha256': digest.hexdigest()}


@app.get('/seen/<key>')
def seen_so_far(key):
    return {'bytes': seen[key]}


@app.get('/redirect')
def to_json():
    redirect('/json')


@app.get('/cookies')
def cookies():
    response.set_cookie('first', '1')
    response.set_cookie('second', '2', httponly=True)
    response.set_cookie('third', '3')
    return {'a': request.cookies.a, 'b': request.cookies.b}


@app.get('/fail')
def fail():
    raise RuntimeError('the kettle is cold')
