"""A plain view, one with a parameter, and one that waits without holding a thread under ASGI."""

import asyncio

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import format_html


def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<h1>Ahoy from Django</h1>")


def hello(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(format_html("<p>Ahoy, {}", name))


async def later(request: HttpRequest) -> JsonResponse:
    await asyncio.sleep(0.2)
    return JsonResponse({"interface": type(request).__name__})
