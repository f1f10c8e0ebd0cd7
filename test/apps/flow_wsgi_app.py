"""A WSGI app for streams that are larger than what anybody should hold."""

import threading

PIECE = b'x' * 65536
sent = 0
freed = 0
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
        text = f'{sent} {freed}'
    start_response('200 OK', [('content-length', str(len(text)))])
    return [text.encode()]


def pieces(stream):
    while piece := stream.read(65536):
        yield piece


def download(length):
    global sent, freed
    try:
        for _ in range(length // len(PIECE)):
            yield PIECE
            sent += len(PIECE)
    except GeneratorExit:
        freed += 1
        raise


def late_reader(stream):
    released.wait()
    return str(sum(map(len, pieces(stream))))
