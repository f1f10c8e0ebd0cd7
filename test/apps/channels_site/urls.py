"""The part of the site that is ordinary Django."""

from django.http import JsonResponse
from django.urls import path

urlpatterns = [path('hello/', lambda request: JsonResponse({'hello': type(request).__name__}))]
