"""The WSGI apps of this folder, with the standard library's checker of PEP 3333 between each and the server."""

from wsgiref.validate import validator

from bottle_app import app as bottle_app
from django_site.wsgi import application as django_app
from falcon_wsgi_app import app as falcon_app
from flask_app import app as flask_app

bottle = validator(bottle_app)
django = validator(django_app)
falcon = validator(falcon_app)
flask = validator(flask_app)
