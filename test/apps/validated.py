"""The WSGI apps of this folder, with the standard library's checker of PEP 3333 between each and the server."""

from wsgiref.validate import validator

from bottle_app import app as bottle_app
from django_site.wsgi import application as django_app
from falcon_wsgi_app import app as falcon_app
from flask_app import app as flask_app


def without_input_terminated(app):
    """Has Werkzeug read as far as Content-Length says: else it calls read() without a size, which PEP 3333 does not have."""

    def wrapped(environ, start_response):
        del environ['wsgi.input_terminated']
        return app(environ, start_response)

    return wrapped


bottle = validator(bottle_app)
django = validator(django_app)
falcon = validator(falcon_app)
flask = without_input_terminated(validator(flask_app))
