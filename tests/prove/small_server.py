"""A command that starts like `sellout serve`, for tests of starting and stopping. Run as a script.

The first argument says how it behaves: well, deaf (never ready), mute (no address), broken (ends at once),
or untidy (stops with 3). The options that follow are written to stderr.
"""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import NoReturn


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(503 if sys.argv[1] == "deaf" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def stop(*_: object) -> NoReturn:
    os._exit(3 if sys.argv[1] == "untidy" else 0)


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    sys.stderr.write(" ".join([*sys.argv[2:], os.environ["SELLOUT_ORGANISER_KEY"]]) + "\n")
    if sys.argv[1] == "broken":
        sys.exit("the database is locked")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    if sys.argv[1] == "mute":
        time.sleep(600)
    sys.stdout.write(f"Sellout serves on http://127.0.0.1:{server.server_port}\n")
    server.serve_forever()


if __name__ == "__main__":
    main()
