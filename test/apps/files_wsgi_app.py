"""A WSGI app that returns wsgi.file_wrapper: /KIND?OFFSET,CONTENT_LENGTH sends the file that the environment names."""

import functools
import io
import os
import subprocess

FILE = os.environ['FILE_TO_SEND']
closed = 0


def app(environ, start_response):
    kind = environ['PATH_INFO'][1:]
    if kind == 'closed':
        start_response('200 OK', [('Content-Type', 'text/plain')])
        return [str(closed).encode()]
    offset, _, length = environ['QUERY_STRING'].partition(',')
    file = opened(kind)
    file.read(int(offset or 0))
    # On the file itself, as Django does it: an object around it would be no file.
    file.close = functools.partial(close, file.close)
    headers = [('Content-Type', 'application/octet-stream')]
    if length:
        headers.append(('Content-Length', length))
    start_response('200 OK', headers)
    return environ['wsgi.file_wrapper'](file, 65536)


def opened(kind):
    if kind == 'memory':
        with open(FILE, 'rb') as file:
            return io.BytesIO(file.read())
    if kind == 'pipe':
        return subprocess.Popen(['cat', FILE], stdout=subprocess.PIPE).stdout
    file = open(FILE, 'rb')
    if kind == 'deleted':
        os.unlink(FILE)
    return file


def close(close_file):
    global closed
    close_file()
    closed += 1
