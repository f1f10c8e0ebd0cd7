"""The routes of test/end-to-end/app-behaviours.ts in Django, for both of its interfaces."""

import asyncio
import hashlib
import json
import threading
from collections import defaultdict

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponseRedirect, JsonResponse, StreamingHttpResponse

gates = defaultdict(threading.Event)
seen = defaultdict(int)


def json_view(request):
    return JsonResponse(json.loads(request.body) if request.method == 'POST' else {'hello': 'world'})


def item(request, name):
    return JsonResponse({'name': name, 'q': request.GET['q']})


def form(request):
    return JsonResponse({'name': request.POST['name'], 'color': request.POST['color']})


def upload(request):
    file = request.FILES['file']
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    answer = {'note': request.POST['note'], 'filename': file.name, 'length': file.size}
    return JsonResponse({**answer, 'sha256': digest.hexdigest()})


def gated(request, key):
    def pieces():
        yield 'first\n'
        gates[key].wait()
        yield 'second\n'

    async def async_pieces():
        yield 'first\n'
        await asyncio.to_thread(gates[key].wait)
        yield 'second\n'

    is_async = isinstance(request, ASGIRequest)
    return StreamingHttpResponse(async_pieces() if is_async else pieces(), content_type='text/plain')


def release(request, key):
    gates[key].set()
    return JsonResponse({})


def pieces(request, key):
    digest = hashlib.sha256()
    for line in request:
        digest.update(line)
        seen[key] += len(line)
    return JsonResponse({'length': seen[key], 'sha256': digest.hexdigest()})


def seen_so_far(request, key):
    return JsonResponse({'bytes': seen[key]})


def redirect(request):
    return HttpResponseRedirect('/json')


def cookies(request):
    response = JsonResponse({'a': request.COOKIES['a'], 'b': request.COOKIES['b']})
    response.set_cookie('first', '1')
    response.set_cookie('second', '2', httponly=True)
    response.set_cookie('third', '3')
    return response


def fail(request):
    raise RuntimeError('the kettle is cold')
