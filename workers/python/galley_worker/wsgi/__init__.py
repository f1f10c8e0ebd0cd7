"""Runs WSGI apps."""
