"""Recording of a PyTorch network while it trains or infers."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from clt_sim._validation import whole
from clt_sim.networks.pytorch.adapter import network_name
from clt_sim.networks.pytorch.capture import TorchCapture
from clt_sim.networks.pytorch.library import (
    is_torch_function,
    is_torch_module,
    load_torch,
    not_compiled,
)
from clt_sim.networks.recording.collector import Collector

if TYPE_CHECKING:
    from clt_sim.networks.recording.layer_record import LayerRecord


class Recorder:
    """Records the layers of a PyTorch network in each pass, inside a ``with`` statement.

    The network runs as it would without: its outputs, gradients, parameters, buffers and random
    numbers are the same to the last bit, in training and in evaluation mode, and backward passes
    are not recorded. What is kept is of fixed size, however many passes there are.

    Parameters
    ----------
    model : torch.nn.Module, or a function of tensors
        The network. Passes through a module are those that begin with a call of it; a function
        is recorded where it is called through the recorder: ``recorder(inputs)``.
    every : int
        Record passes 0, `every`, 2*`every`, ...; at least 1. The others cost nothing.
    rows : int
        The most rows kept of a layer; at least 2.
    units : int
        The most units kept of a signal; at least 1. Statistics are of all rows and units.
    seed : int
        Decides which rows are kept.

    Raises
    ------
    ImportError
        If torch is not installed.
    TypeError
        If the model is neither a module nor a function.

    Notes
    -----
    The first axis of the first tensor that the network is given is that of the inputs. A layer is
    a product or a convolution of data with a weight, named after the parameter that is, or that
    the weight was computed from; ``[q]``, ``[k]`` and ``[v]`` are projections of attention and
    ``[i]``, ``[f]``, ``[g]``, ``[o]`` or ``[r]``, ``[z]``, ``[n]`` gates, of each the map from
    the inputs and the one from the state before. Constants that are no parameters give
    ``matmul 1``, ``convolution 2``, ... in the order of use.

    ``normalized`` goes with a layer as its `normalization` says: it is the normalised ``Wu + b``
    or, behind the nonlinearity, ``phi(Wu + b)``; ``"... of u"`` is a normalisation whose output is
    what the layer multiplies, and then `u` is its input; ``"... before u"`` is one that `u` is an
    elementwise function of.

    Examples
    --------
    >>> import torch, clt_sim as clt  # doctest: +SKIP
    >>> model = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.Tanh())  # doctest: +SKIP
    >>> with clt.Recorder(model, every=10) as recorder:  # doctest: +SKIP
    ...     for _ in range(30):
    ...         model(torch.randn(60, 4)).sum().backward()
    >>> recorder.record()["0"].u.ensemble  # doctest: +SKIP
    """

    def __init__(
        self, model: Any, *, every: int = 1, rows: int = 2000, units: int = 256, seed: int = 0
    ) -> None:
        load_torch()
        if not (is_torch_module(model) or is_torch_function(model)):
            raise TypeError(
                "model must be a torch.nn.Module or a function of tensors, not of type"
                f" {type(model).__module__}.{type(model).__qualname__}."
            )
        self._model, self._every = model, whole("every", every, least=1)
        self._collector = Collector(rows=rows, units=units, seed=seed)
        self._capture = TorchCapture(model, self._collector.add)
        self._handles: list[Any] = []
        self._passes = self._recorded = self._inputs = self._depth = 0

    def __enter__(self) -> Recorder:
        """Begin to watch the network."""
        if self._handles:
            raise RuntimeError("the recorder is recording already.")
        if is_torch_module(self._model):
            # Scripts refuse their own methods for hooks, yet run the hooks of any module.
            module = load_torch().nn.Module
            before, after = not_compiled(self._before), not_compiled(self._after)
            self._handles = [
                module.register_forward_pre_hook(self._model, before, with_kwargs=True),
                module.register_forward_hook(self._model, after, prepend=True, always_call=True),
            ]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop watching; nothing is left on the network."""
        for handle in self._handles:
            handle.remove()
        self._handles = []
        if self._depth:
            self._finish(keep=False)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the network and return what it returns; needed for functions only."""
        if is_torch_module(self._model):
            return self._model(*args, **kwargs)
        self._before(self._model, args, kwargs)
        keep = False
        try:
            output = self._model(*args, **kwargs)
            keep = True
        finally:
            self._finish(keep=keep)
        return output

    @property
    def passes(self) -> int:
        """The number of passes so far, recorded or not."""
        return self._passes

    def record(self) -> LayerRecord:
        """Return what was recorded so far; more can follow.

        Raises
        ------
        ValueError
            If no layer was met, with what was seen instead.
        """
        if not self._passes:
            raise ValueError(
                "no layer was recorded: the network was not called inside the with statement."
                " Call a function as recorder(inputs), and a module as model(inputs), not by"
                " model.forward."
            )
        if not self._capture.layers:
            raise ValueError(self._capture.nothing_found())
        return self._collector.record(
            network_name(self._model),
            every_pass=self._every,
            passes=self._passes,
            passes_recorded=self._recorded,
            **self._capture.settings,
        )

    def _before(self, _: Any, args: Any, kwargs: Any) -> None:
        self._depth += 1
        if self._depth == 1:
            if self._passes % self._every == 0:
                self._capture.begin((args, kwargs))
            self._passes += 1

    def _after(self, _: Any, __: Any, output: Any) -> None:
        # After an error there is no output; an output may be None, and then is not worth a pass.
        self._finish(keep=output is not None)

    def _finish(self, *, keep: bool) -> None:
        self._depth -= 1
        if self._depth == 0 and self._capture.is_following:
            self._recorded += keep
            self._capture.end(keep=keep)
