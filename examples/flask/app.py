"""A Flask app: HTML, a path parameter, JSON from a form, and a stream."""

import time
from collections.abc import Iterator

from flask import Flask, Response, request
from markupsafe import Markup, escape

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return "<h1>Ahoy from Flask</h1>"


@app.get("/hello/<name>")
def hello(name: str) -> Markup:
    return Markup("<p>Ahoy, ") + escape(name)


@app.post("/form")
def form() -> dict[str, str]:
    return request.form.to_dict()


@app.get("/count")
def count() -> Response:
    def lines() -> Iterator[str]:
        for number in range(1, 6):
            yield f"{number}\n"
            time.sleep(0.2)

    return Response(lines(), mimetype="text/plain")
