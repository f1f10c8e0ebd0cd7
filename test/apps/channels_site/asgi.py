"""Django for HTTP and Channels for WebSockets, put together as the documentation of Channels does."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ['DJANGO_SETTINGS_MODULE'] = 'channels_site.settings'
django = get_asgi_application()

from .chat import Chat  # noqa: E402  Channels asks for Django to be set up before consumers are imported

chat = URLRouter([path('chat/<slug:room>/', Chat.as_asgi())])
application = ProtocolTypeRouter({'http': django, 'websocket': AllowedHostsOriginValidator(chat)})
