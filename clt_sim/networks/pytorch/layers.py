"""Calls of layers and normalisations as they are met in a running network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clt_sim.networks.pytorch.rows import copied_rows, matching_rows, unit_axes
from clt_sim.networks.recording.collector import LayerBatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from clt_sim.networks.pytorch.weights import Weight


ON_THE_INPUT = (" of u", " before u")
"""How the kinds end that have a column for each input of the layer and not for each unit."""


@dataclass(slots=True, eq=False)
class LayerCall:
    """One call of one layer, with copies of what it computed.

    Parameters
    ----------
    weight : Weight
        Its weight, with the names of its parts.
    u : torch.Tensor, shape (samples, inputs)
        The input of the affine map, or what was normalised to be it.
    pre_activation : torch.Tensor, shape (samples, units)
        ``Wu + b``, without b while that is still to be added.
    clusters : ndarray of int, shape (samples,)
        Which input of the batch a sample belongs to.
    wants_bias : bool
        Whether a bias could still be added.
    normalized : torch.Tensor, shape (samples, units or inputs), or None
        The normalised signal that goes with the layer.
    normalization : str or None
        Which one, as `Recorder` tells.
    """

    weight: Weight
    u: Any
    pre_activation: Any
    clusters: NDArray[np.intp]
    wants_bias: bool
    normalized: Any = None
    normalization: str | None = None

    @property
    def size(self) -> int:
        """The number of bytes of the copies."""
        kept = (self.u, self.pre_activation, self.normalized)
        return sum(each.numel() * each.element_size() for each in kept if each is not None)

    @property
    def has_normalized_units(self) -> bool:
        """Whether there is a normalised signal with a column for each unit."""
        return self.normalization is not None and not self.normalization.endswith(ON_THE_INPUT)

    def let_go_of_the_norm_of_u(self) -> None:
        """Make room for a normalisation of what the layer computes."""
        if self.normalization is not None and self.normalization.endswith(" of u"):
            self.u = self.normalized
        self.normalized = self.normalization = None

    def add_bias(self, total: Any, bias: Any) -> bool:
        """Take the sum of the pre-activation and a bias in its place; return whether it fits."""
        units = self.pre_activation.shape[1]
        if not self.wants_bias or bias.numel() != units or bias.shape[-1:] == (0,):
            return False
        lengths = (1,) * (total.dim() - bias.dim()) + tuple(bias.shape)
        for axis in unit_axes(total, self.pre_activation.shape):
            if lengths[axis] == units:
                self.pre_activation = copied_rows(total, axis)
                self.wants_bias = False
                return True
        return False

    def batches(self) -> list[tuple[str, LayerBatch]]:
        """Return each part of the layer under its name."""
        u, z = self.u.cpu().numpy(), self.pre_activation.cpu().numpy()
        y = None if self.normalized is None else self.normalized.cpu().numpy()
        return [
            (
                name,
                LayerBatch(
                    u,
                    z[:, part],
                    y[:, part] if y is not None and self.has_normalized_units else y,
                    self.normalization,
                    self.clusters,
                ),
            )
            for name, part in self.weight.columns(z.shape[1])
        ]


@dataclass(slots=True, eq=False)
class Normalization:
    """One normalisation, with what it was given and gave.

    Parameters
    ----------
    kind : str
        ``"batch norm"``, ``"layer norm"``, ``"rms norm"``, ``"group norm"``, ...
    before, after : torch.Tensor
        Its input and output, of the same shape; None once they are no longer needed.
    wants_scale : bool
        Whether a learnt scale could still be multiplied in.
    """

    kind: str
    before: Any
    after: Any
    wants_scale: bool = False
    of_layer: LayerCall | None = field(default=None, init=False)
    axis: int = field(default=-1, init=False)
    is_of_pre_activation: bool = field(default=False, init=False)

    def link_to_pre_activation(self, call: LayerCall) -> bool:
        """Give it to the layer whose ``Wu + b`` it normalises; return whether it is that one."""
        axis = matching_rows(self.before, call.pre_activation)
        if axis is None or call.has_normalized_units:
            return False
        self.is_of_pre_activation, call.wants_bias = True, False
        self._give(call, axis, f"{self.kind} of Wu+b")
        self.before = self.after = None
        return True

    def link_to_activation(self, call: LayerCall) -> None:
        """Give it to the layer whose activation it normalises, position for position."""
        axes = unit_axes(self.after, call.pre_activation.shape)
        if axes and not call.has_normalized_units:
            self._give(call, axes[0], f"{self.kind} of phi(Wu+b)")

    def copy(self) -> None:
        """Copy the input and the output, if a later layer may need them."""
        if not self.is_of_pre_activation:
            self.before, self.after = self.before.detach().clone(), self.after.detach().clone()

    def _give(self, call: LayerCall, axis: int, kind: str) -> None:
        self.of_layer, self.axis = call, axis
        call.let_go_of_the_norm_of_u()
        call.normalized, call.normalization = copied_rows(self.after, axis), kind

    def multiply_in(self, scaled: Any) -> None:
        """Take the product with a learnt scale in the place of the output."""
        self.wants_scale = False
        if not self.is_of_pre_activation:
            self.after = scaled.detach().clone()
        if self.of_layer is not None:
            self.of_layer.normalized = copied_rows(scaled, self.axis)
