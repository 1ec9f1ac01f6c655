"""What a worker does when its supervisor stops."""

import multiprocessing
import os
import signal
import threading

from sellout import supervisor


class App:
    """An application that begins to stop when it hears SIGTERM."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.streams_ended = False
        signal.signal(signal.SIGTERM, lambda *_: self.stopping.set())

    def end_streams(self) -> None:
        self.streams_ended = True


def _work(stops: int) -> None:
    app = App()
    threading.Thread(target=supervisor._end_with_supervisor, args=(stops, app), daemon=True).start()
    os._exit(0 if app.stopping.wait(30) and app.streams_ended else 1)


def test_a_worker_that_did_not_hear_the_stop_is_told_again() -> None:
    stops, stopping = os.pipe()
    worker = multiprocessing.get_context("fork").Process(target=_work, args=(stops,))
    worker.start()
    os.write(stopping, b".")  # the signal itself was lost
    worker.join(60)
    assert worker.exitcode == 0
