"""The ASGI application for any server: `uvicorn sellout.asgi:app`."""

from sellout.http.app import create_app
from sellout.settings import load_settings
from sellout.telemetry import set_up_logging

set_up_logging()
app = create_app(load_settings())
