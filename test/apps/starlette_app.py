"""The routes of test/end-to-end/app-behaviours.ts in Starlette."""

import asyncio
import hashlib
from collections import defaultdict
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, RedirectResponse, StreamingResponse
from starlette.routing import Route

gates = defaultdict(asyncio.Event)
seen = defaultdict(int)
done = set()


@asynccontextmanager
async def lifespan(app):
    yield {'greeting': 'from lifespan'}


async def get_json(request):
    return JSONResponse({'hello': 'world'})


async def echo_json(request):
    return JSONResponse(await request.json())


async def item(request):
    return JSONResponse({'name': request.path_params['name'], 'q': request.query_params['q']})


async def form(request):
    async with request.form() as fields:
        return JSONResponse({'name': fields['name'], 'color': fields['color']})


async def upload(request):
    digest = hashlib.sha256()
    async with request.form() as fields:
        file = fields['file']
        while piece := await file.read(65536):
            digest.update(piece)
        answer = {'note': fields['note'], 'filename': file.filename, 'length': file.size}
    return JSONResponse({**answer, 'sha256': digest.hexdigest()})


async def gated(request):
    async def pieces():
        yield 'first\n'
        await gates[request.path_params['key']].wait()
        yield 'second\n'

    return StreamingResponse(pieces(), media_type='text/plain')


async def release(request):
    gates[request.path_params['key']].set()
    return JSONResponse({})


async def pieces(request):
    key = request.path_params['key']
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
        seen[key] += len(piece)
    return JSONResponse({'length': seen[key], 'sha256': digest.hexdigest()})


async def seen_so_far(request):
    return JSONResponse({'bytes': seen[request.path_params['key']]})


async def redirect(request):
    return RedirectResponse('/json')


async def cookies(request):
    response = JSONResponse({'a': request.cookies['a'], 'b': request.cookies['b']})
    response.set_cookie('first', '1')
    response.set_cookie('second', '2', httponly=True)
    response.set_cookie('third', '3')
    return response


async def fail(request):
    raise RuntimeError('the kettle is cold')


async def background(request):
    key = request.path_params['key']

    async def task():
        await gates[key].wait()
        done.add(key)

    return JSONResponse({}, background=BackgroundTask(task))


async def background_done(request):
    return JSONResponse({'done': request.path_params['key'] in done})


async def state(request):
    answer = {'greeting': request.state.greeting, 'touched': hasattr(request.state, 'touched')}
    request.state.touched = True
    return JSONResponse(answer)


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route('/json', get_json),
        Route('/json', echo_json, methods=['POST']),
        Route('/items/{name}', item),
        Route('/form', form, methods=['POST']),
        Route('/upload', upload, methods=['POST']),
        Route('/gated/{key}', gated),
        Route('/release/{key}', release, methods=['POST']),
        Route('/pieces/{key}', pieces, methods=['POST']),
        Route('/seen/{key}', seen_so_far),
        Route('/redirect', redirect),
        Route('/cookies', cookies),
        Route('/fail', fail),
        Route('/background/{key}', background, methods=['POST']),
        Route('/background/{key}', background_done),
        Route('/state', state),
    ],
)
