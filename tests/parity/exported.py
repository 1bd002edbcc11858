"""The applications of the matrix by the names of their settings, for `flask-cors-export.py --factory exported:NAME`."""

from app import create_app
from settings import BY_NAME


def __getattr__(name):
    if name not in BY_NAME:
        raise AttributeError(name)
    return lambda: create_app(BY_NAME[name])
