"""A Flask app for test/end-to-end/config: what it is told of requests, and answers that lead elsewhere, depend on the request or wait."""

import os
from pathlib import Path
from threading import Event
from time import sleep

from flask import Flask, Response, jsonify, request

app = Flask(__name__)
gate = Event()


@app.route('/environ', methods=['GET', 'POST', 'DELETE'])
@app.route('/environ/<path:rest>', methods=['GET', 'POST', 'DELETE'])
def environ(rest=None):
    seen = {key: value for key, value in request.environ.items() if isinstance(value, str)}
    return jsonify(seen, len(request.get_data()))


@app.get('/accelerated/<path:path>')
def accelerated(path):
    headers = {'X-Accel-Redirect': f'/private/{path}', 'Content-Disposition': 'attachment', 'X-Own': 'gone'}
    return Response('never seen', mimetype='text/x-report', headers=headers)


@app.get('/cached')
def cached():
    response = Response('content ' * 500, mimetype='text/plain')
    response.set_etag('one')
    return response.make_conditional(request)


@app.post('/length')
def length():
    total = 0
    while piece := request.stream.read(65536):
        total += len(piece)
    return str(total)


@app.get('/events')
def events():
    def each():
        yield 'data: first\n\n'
        gate.wait()
        yield 'data: second\n\n'

    gate.clear()
    return Response(each(), mimetype='text/event-stream')


@app.get('/open-gate')
def open_gate():
    gate.set()
    return 'open'


@app.get('/hold')
def hold():
    folder = Path(os.environ['HOLD_FOLDER'])
    (folder / f'held-{request.query_string.decode()}').touch()
    while not (folder / 'release').exists():
        sleep(0.01)
    return 'released'
