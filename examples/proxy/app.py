"""A server to put behind Galley: plain ASGI, nothing to install. It tells which process answered, and when.

Run it twice, and Galley in front of both; docs/proxy.md has more:

    ../../bin/galley.js app:app --port 8001
    ../../bin/galley.js app:app --port 8002
    ../../bin/galley.js -c galley.config.json
"""

import os
import time


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["type"] != "http":
        return None
    path = scope["path"]
    if path == "/health":
        return await answer(send, "ok\n")
    kept = [(b"cache-control", b"max-age=10, stale-while-revalidate=60")] if path.startswith("/news") else []
    host, port = scope["server"]
    text = f"{path} from {host}:{port}, process {os.getpid()}, at {time.strftime('%H:%M:%S')}\n"
    return await answer(send, text, kept)


async def answer(send, text, headers=()):
    body = text.encode()
    fields = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode()), *headers]
    await send({"type": "http.response.start", "status": 200, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def lifespan(receive, send):
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
