"""The routes of test/end-to-end/app-behaviours.ts in Flask."""

import hashlib
import threading
from collections import defaultdict

from flask import Flask, Response, jsonify, redirect, request

app = Flask(__name__)
gates = defaultdict(threading.Event)
seen = defaultdict(int)


@app.get('/json')
def get_json():
    return {'hello': 'world'}


@app.post('/json')
def echo_json():
    return jsonify(request.get_json())


@app.get('/items/<name>')
def item(name):
    return {'name': name, 'q': request.args['q']}


@app.post('/form')
def form():
    return {'name': request.form['name'], 'color': request.form['color']}


@app.post('/upload')
def upload():
    file = request.files['file']
    digest = hashlib.sha256()
    length = 0
    while piece := file.read(65536):
        digest.update(piece)
        length += len(piece)
    return {'note': request.form['note'], 'filename': file.filename, 'length': length, 'sha256': digest.hexdigest()}


@app.get('/gated/<key>')
def gated(key):
    def pieces():
        yield 'first\n'
        gates[key].wait()
        yield 'second\n'

    return Response(pieces(), mimetype='text/plain')


@app.post('/release/<key>')
def release(key):
    gates[key].set()
    return {}


@app.post('/pieces/<key>')
def pieces(key):
    digest = hashlib.sha256()
    for line in request.stream:
        digest.update(line)
        seen[key] += len(line)
    return {'length': seen[key], 'sha256': digest.hexdigest()}


@app.get('/seen/<key>')
def seen_so_far(key):
    return {'bytes': seen[key]}


@app.get('/redirect')
def to_json():
    return redirect('/json')


@app.get('/cookies')
def cookies():
    response = jsonify(a=request.cookies['a'], b=request.cookies['b'])
    response.set_cookie('first', '1')
    response.set_cookie('second', '2', httponly=True)
    response.set_cookie('third', '3')
    return response


@app.get('/fail')
def fail():
    raise RuntimeError('the kettle is cold')
