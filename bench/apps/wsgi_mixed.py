import os
import time


def app(environ, start_response):
    time.sleep(0.2 if environ["PATH_INFO"] == "/long" else 0.001)
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))])
    return [body]
