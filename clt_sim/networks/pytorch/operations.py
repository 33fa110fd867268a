"""What operations of torch do to the values that are followed, by their names in ATen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from clt_sim.networks.pytorch.library import load_torch

PRODUCTS = frozenset({"mm", "addmm", "bmm", "baddbmm", "mv", "addmv"})
CONVOLUTIONS = frozenset({"convolution", "_convolution", "convolution_overrideable"})
NORMALIZATIONS = {
    "native_batch_norm": "batch norm",
    "_native_batch_norm_legit": "batch norm",
    "_native_batch_norm_legit_no_training": "batch norm",
    "_batch_norm_with_update": "batch norm",
    "_batch_norm_no_update": "batch norm",
    "batch_norm_elemt": "batch norm",
    "cudnn_batch_norm": "batch norm",
    "miopen_batch_norm": "batch norm",
    "native_layer_norm": "layer norm",
    "native_group_norm": "group norm",
    "_fused_rms_norm": "rms norm",
}
COPIES = frozenset({"clone", "_to_copy", "_reshape_copy", "view_copy", "lift_fresh_copy"})
ELEMENTWISE = frozenset(
    {
        *("abs", "celu", "clamp", "clamp_max", "clamp_min", "elu", "erf", "exp", "gelu"),
        *("hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "log_sigmoid_forward", "mish"),
        *("_prelu_kernel", "prelu", "relu", "relu6", "rrelu_with_noise", "selu", "sigmoid"),
        *("silu", "sin", "softplus", "softshrink", "hardshrink", "square", "tanh", "threshold"),
        *("native_dropout", "_fused_dropout", "neg", "pow", "maximum", "minimum"),
        *("add", "sub", "mul", "div", "where"),
    }
)
"""With several tensors of data among its arguments, one is followed only if all are of one
origin: ``x * sigmoid(x)`` is, and a residual sum is not."""
FRESH = frozenset(
    {
        *("empty_like", "zeros_like", "ones_like", "full_like", "rand_like", "randn_like"),
        *("new_empty", "new_zeros", "new_ones", "new_full", "new_empty_strided"),
    }
)
"""They read the shape of their argument, and not its values."""
_MOVING = ("pool", "pad", "upsample")
_UNREAD = ("conv", "rnn", "lstm", "gru", "linear", "mm", "attention", "encoder", "decoder")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is asked of an operation at every call.

    Parameters
    ----------
    name : str
        Its name without the underscore of in-place variants, such as ``"relu"``.
    writes : bool
        Whether it changes an argument.
    is_composite : bool
        Whether it is put together from others.
    is_foreign : bool
        Whether it comes from another library than torch itself.
    """

    name: str
    writes: bool
    is_composite: bool
    is_foreign: bool

    @property
    def moves(self) -> bool:
        """Whether values are pooled, padded or resized."""
        return any(word in self.name for word in _MOVING)

    @property
    def may_hide_a_layer(self) -> bool:
        """Whether it could multiply by a weight in a way that is not read."""
        return self.is_foreign or any(word in self.name for word in _UNREAD)


@lru_cache(maxsize=4096)
def operation_of(function: Any) -> Operation:
    """Return what is known of an operator of torch."""
    schema = function._schema
    namespace, _, name = schema.name.partition("::")
    stem = name.removesuffix("_") if name.endswith("_") and not name.startswith("__") else name
    return Operation(
        name=stem,
        writes=schema.is_mutable,
        is_composite=_is_composite(function),
        is_foreign=namespace not in {"aten", "prim", "prims"},
    )


def run_taken_apart(function: Any, args: Any, kwargs: Any) -> Any:
    """Run a composite operator by the very kernel that would run, so that its parts are seen.

    Decompositions written in Python, which torch has for tracing, may round in another way.
    """
    key = load_torch()._C.DispatchKey.CompositeImplicitAutograd
    return function._op_dk(key, *args, **kwargs)


def _is_composite(function: Any) -> bool:
    has_kernel = load_torch()._C._dispatch_has_kernel_for_dispatch_key
    return bool(has_kernel(function.name(), "CompositeImplicitAutograd"))
