"""The routes of test/end-to-end/app-behaviours.ts in FastAPI."""

import asyncio
import hashlib
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import BackgroundTasks, FastAPI, Form, Request, Response, UploadFile
from fastapi.responses import RedirectResponse, StreamingResponse

gates = defaultdict(asyncio.Event)
seen = defaultdict(int)
done = set()


@asynccontextmanager
async def lifespan(app):
    yield {'greeting': 'from lifespan'}


app = FastAPI(lifespan=lifespan)


@app.api_route('/json', methods=['GET', 'HEAD'])
async def get_json():
    return {'hello': 'world'}


@app.post('/json')
async def echo_json(request: Request):
    return await request.json()


@app.get('/items/{name}')
async def item(name: str, q: str):
    return {'name': name, 'q': q}


@app.post('/form')
async def form(name: Annotated[str, Form()], color: Annotated[str, Form()]):
    return {'name': name, 'color': color}


@app.post('/upload')
async def upload(note: Annotated[str, Form()], file: UploadFile):
    digest = hashlib.sha256()
    while piece := await file.read(65536):
        digest.update(piece)
    return {'note': note, 'filename': file.filename, 'length': file.size, 'sha256': digest.hexdigest()}


@app.get('/gated/{key}')
async def gated(key: str):
    async def pieces():
        yield 'first\n'
        await gates[key].wait()
        yield 'second\n'

    return StreamingResponse(pieces(), media_type='text/plain')


@app.post('/release/{key}')
async def release(key: str):
    gates[key].set()
    return {}


@app.post('/pieces/{key}')
async def pieces(key: str, request: Request):
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
        seen[key] += len(piece)
    return {'length': seen[key], 'sha256': digest.hexdigest()}


@app.get('/seen/{key}')
async def seen_so_far(key: str):
    return {'bytes': seen[key]}


@app.get('/redirect')
async def redirect():
    return RedirectResponse('/json')


@app.get('/cookies')
async def cookies(request: Request, response: Response):
    response.set_cookie('first', '1')
    response.set_cookie('second', '2', httponly=True)
    response.set_cookie('third', '3')
    return {'a': request.cookies['a'], 'b': request.cookies['b']}


@app.get('/fail')
async def fail():
    raise RuntimeError('the kettle is cold')


@app.post('/background/{key}')
async def background(key: str, tasks: BackgroundTasks):
    async def task():
        await gates[key].wait()
        done.add(key)

    tasks.add_task(task)
    return {}


@app.get('/background/{key}')
async def background_done(key: str):
    return {'done': key in done}


@app.get('/state')
async def state(request: Request):
    answer = {'greeting': request.state.greeting, 'touched': hasattr(request.state, 'touched')}
    request.state.touched = True
    return answer
