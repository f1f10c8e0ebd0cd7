"""The smallest settings that a Django project can do with: no database, no apps."""

import os

# A real site sets DJANGO_SECRET_KEY: whoever knows the key can forge sessions and signed values.
SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "known-to-everyone-who-reads-this-example")
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]

ROOT_URLCONF = "mysite.urls"
WSGI_APPLICATION = "mysite.wsgi.application"
ASGI_APPLICATION = "mysite.asgi.application"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

USE_TZ = True
