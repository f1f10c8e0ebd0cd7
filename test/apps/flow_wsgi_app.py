"""A WSGI app for streams that are larger than what anybody should hold."""

import threading

PIECE = b'x' * 65536
taken = 0
sent = 0
released = threading.Event()


def app(environ, start_response):
    path, query = environ['PATH_INFO'], environ['QUERY_STRING']
    if path == '/echo':
        start_response('200 OK', [('content-length', query)])
        return pieces(environ['wsgi.input'])
    if path == '/download':
        start_response('200 OK', [('content-length', query)])
        return download(int(query))
    if path == '/late-reader':
        text = late_reader(environ['wsgi.input'])
    elif path == '/release':
        released.set()
        text = ''
    else:
        text = f'{taken} {sent}'
    start_response('200 OK', [('content-length', str(len(text)))])
    return [text.encode()]


def pieces(stream):
    while piece := stream.read(65536):
        yield piece


def download(length):
    global sent
    for _ in range(length // len(PIECE)):
        yield PIECE
        sent += len(PIECE)


def late_reader(stream):
    global taken
    released.wait()
    for piece in pieces(stream):
        taken += len(piece)
    return str(taken)
