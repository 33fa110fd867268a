"""An executor as far away as can be without another process."""

from __future__ import annotations

import pickle
from concurrent.futures import Executor, Future


class Travelling(Executor):
    """Runs each task at once, after tasks and results have been pickled as for another process."""

    def __init__(self):
        self.tasks = 0

    def submit(self, function, /, *arguments):
        self.tasks += 1
        function, arguments = pickle.loads(pickle.dumps((function, arguments)))  # noqa: S301
        future = Future()
        future.set_result(pickle.loads(pickle.dumps(function(*arguments))))  # noqa: S301
        return future
