"""Operations of torch that compute several layers at once, written out.

The network goes on with what the fused operation gave, so that recording changes no bit of it;
the layers are computed once more, by themselves, to be recorded. They agree with what the fused
operation had inside to rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clt_sim.networks.pytorch.library import load_torch

_KEY_PADDING_MASK = 1
"""The type of a mask of shape (batch, positions); types 0 and None go with the scores."""


def write_out_recurrent_layer(arguments: dict[str, Any], outputs: Any) -> None:
    """Compute the affine maps of ``mkldnn_rnn_layer``: one layer, one direction, all steps.

    The states before each step are the outputs of the one before it, so that no recurrence has
    to be repeated.
    """
    torch = load_torch()
    inputs, states = arguments["input"], outputs[0]
    first = arguments["hx_"].reshape(1, *states.shape[1:])
    earlier = [states[1:], first] if arguments["reverse"] else [first, states[:-1]]
    has_biases = arguments["has_biases"]
    linear = torch.nn.functional.linear
    linear(inputs, arguments["weight0"], arguments["weight2"] if has_biases else None)
    linear(torch.cat(earlier), arguments["weight1"], arguments["weight3"] if has_biases else None)


def write_out_recurrent_cell(arguments: dict[str, Any], _: Any) -> None:
    """Add the biases to the gates, which ``_thnn_fused_lstm_cell`` and its like do inside."""
    for gates in ("input", "hidden"):
        if arguments[f"{gates}_bias"] is not None:
            load_torch().add(arguments[f"{gates}_gates"], arguments[f"{gates}_bias"])


def write_out_encoder_layer(arguments: dict[str, Any], _: Any) -> Any:
    """Compute ``_transformer_encoder_layer_fwd`` step by step, and return its output."""
    functional = load_torch().nn.functional
    sizes = (arguments["embed_dim"],)
    epsilon, x = arguments["eps"], arguments["src"]
    norms = [
        lambda y, i=i: functional.layer_norm(
            y, sizes, arguments[f"norm_weight_{i}"], arguments[f"norm_bias_{i}"], epsilon
        )
        for i in (1, 2)
    ]
    activation = functional.gelu if arguments["use_gelu"] else functional.relu

    def feed_forward(y: Any) -> Any:
        hidden = functional.linear(y, arguments["ffn_weight_1"], arguments["ffn_bias_1"])
        return functional.linear(
            activation(hidden), arguments["ffn_weight_2"], arguments["ffn_bias_2"]
        )

    if arguments["norm_first"]:
        x = x + _attend(arguments, *(norms[0](x),) * 3)
        return x + feed_forward(norms[1](x))
    x = norms[0](x + _attend(arguments, x, x, x))
    return norms[1](x + feed_forward(x))


def write_out_attention(arguments: dict[str, Any], _: Any) -> None:
    """Compute ``_native_multi_head_attention`` step by step."""
    _attend(arguments, arguments["query"], arguments["key"], arguments["value"])


def _attend(arguments: dict[str, Any], *queries_keys_values: Any) -> Any:
    """Return self-attention, inputs along the first axis."""
    torch = load_torch()
    mask, kind = arguments.get("mask"), arguments.get("mask_type")
    is_padding = kind == _KEY_PADDING_MASK
    heads = arguments.get("num_heads", arguments.get("num_head"))
    query = queries_keys_values[0].transpose(0, 1)
    is_self = all(each is queries_keys_values[0] for each in queries_keys_values)
    others = (query, query) if is_self else (x.transpose(0, 1) for x in queries_keys_values[1:])
    if mask is not None and mask.dim() == 4:
        mask = mask.expand(-1, heads, -1, -1).flatten(0, 1)
    output, _ = torch.nn.functional.multi_head_attention_forward(
        query,
        *others,
        arguments["embed_dim"],
        heads,
        arguments["qkv_weight"],
        arguments["qkv_bias"],
        None,
        None,
        False,
        0.0,
        arguments["proj_weight"],
        arguments["proj_bias"],
        training=False,
        key_padding_mask=mask if is_padding else None,
        need_weights=False,
        attn_mask=None if is_padding else mask,
    )
    return output.transpose(0, 1)


FUSED: dict[str, Callable[[dict[str, Any], Any], Any]] = {
    "mkldnn_rnn_layer": write_out_recurrent_layer,
    "_thnn_fused_lstm_cell": write_out_recurrent_cell,
    "_thnn_fused_gru_cell": write_out_recurrent_cell,
    "_transformer_encoder_layer_fwd": write_out_encoder_layer,
    "_native_multi_head_attention": write_out_attention,
}
"""Functions of the arguments by name and the outputs; they return the same output, or None where
nothing is known of what becomes of it."""

READ_WHERE: dict[str, str] = {"_cudnn_rnn": "torch.backends.cudnn.enabled is False"}
"""Under what condition PyTorch runs in parts that are read what is fused here and is not."""


def named_arguments(function: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """Return the arguments of a call of an operator by their names in its schema."""
    declared = function._schema.arguments
    defaults = {each.name: each.default_value for each in declared if each.has_default_value()}
    given = {each.name: value for each, value in zip(declared, args, strict=False)}
    return {**defaults, **given, **kwargs}
