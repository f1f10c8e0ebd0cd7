"""Runs Python web apps, ASGI and WSGI, for Galley: the worker's end of the worker protocol. Standard library only."""
