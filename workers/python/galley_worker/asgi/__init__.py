"""Runs ASGI apps."""
