"""Module classes of the user's own, tried on PyTorch's meta device, where tensors have shapes and no values.

This is the one file below the backends that needs torch; it is imported when a spec uses such a class.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archspec.ir.op import Arity
from archspec.ir.records import ParameterSpec
from archspec.ir.tensor import ITEM_BYTES, TensorType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# So many samples that no axis of a result is of this size by chance, as it would be with one or two.
_BATCH = 5
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class TrialError(Exception):
    """A module does not work. Its text says why."""


def is_module_class(found: object) -> bool:
    """Tell whether something is a class of modules."""
    return isinstance(found, type) and issubclass(found, nn.Module)


def arity_of(cls: Any) -> Arity:
    """Return how many tensors the `forward` of a module class takes.

    Raises:
        TrialError: it takes none, or needs something else.
    """
    try:
        _, *parameters = inspect.signature(cls.forward).parameters.values()
    except (TypeError, ValueError):
        return Arity(1, None)
    empty = inspect.Parameter.empty
    positional = [parameter for parameter in parameters if parameter.kind in _POSITIONAL]
    is_open = any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters)
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and parameter.default is empty:
            raise TrialError(f"its forward requires {parameter.name!r} by name, which a spec cannot give")
    if not positional and not is_open:
        raise TrialError("its forward takes no tensor")
    least = sum(parameter.default is empty for parameter in positional)
    return Arity(max(1, least), None if is_open else len(positional))


def made(cls: type, arguments: Mapping[str, Any]) -> nn.Module:
    """Return an instance on the meta device, in inference mode.

    A constructor that computes with values cannot run there; it is then run as usual, and its tensors are dropped.

    Raises:
        TrialError: the constructor raises an exception.
    """
    with torch.random.fork_rng(devices=[]):
        try:
            with torch.device("meta"):
                module = cls(**arguments)
        except Exception:  # noqa: BLE001  (a constructor can raise anything)
            try:
                module = cls(**arguments).to("meta")
            except Exception as error:
                raise TrialError(said(error)) from error
    return module.eval()


def tensors_of(module: nn.Module) -> tuple[ParameterSpec, ...]:
    """Return the tensors of a module in the order of its `state_dict`; those that are not trained are buffers.

    Raises:
        TrialError: one has no shape yet, or a dtype that archspec does not know.
    """
    try:
        state = module.state_dict()
        trained = {name for name, tensor in module.named_parameters(remove_duplicate=False) if tensor.requires_grad}
    except Exception as error:
        raise TrialError(said(error)) from error
    return tuple(_spec(name, tensor, trained) for name, tensor in state.items() if isinstance(tensor, Tensor))


def _spec(name: str, tensor: Tensor, trained: set[str]) -> ParameterSpec:
    if is_lazy(tensor):
        raise TrialError(f"its {name} has no shape until it is run; modules must know their sizes")
    dtype = _dtype(tensor, f"its {name}")
    return ParameterSpec(name, tuple(tensor.shape), buffer=name not in trained, dtype=dtype)


def results_of(module: nn.Module, inputs: Sequence[TensorType]) -> tuple[TensorType, ...]:
    """Return the types of what a module's `forward` gives for inputs of some types.

    Raises:
        TrialError: it raises an exception, or gives something else than tensors with a batch axis.
    """
    try:
        with torch.device("meta"), torch.no_grad():
            given = [torch.empty((_BATCH, *tensor.shape), dtype=getattr(torch, tensor.dtype)) for tensor in inputs]
            result = module(*given)
    except Exception as error:
        raise TrialError(said(error)) from error
    results = [result] if isinstance(result, Tensor) else list(result) if isinstance(result, tuple | list) else []
    if not results or not all(isinstance(each, Tensor) for each in results):
        raise TrialError(f"it gives {_kind(result)}, not a tensor or several of them")
    if len(results) == 1 and not isinstance(result, Tensor):
        raise TrialError(f"it gives a {type(result).__name__} of one tensor, not the tensor itself")
    return tuple(map(_result, results))


def _result(tensor: Tensor) -> TensorType:
    shape = tuple(tensor.shape)
    if len(shape) < 2 or shape[0] != _BATCH:  # noqa: PLR2004
        raise TrialError(f"for a batch of {_BATCH}, it gives a tensor of shape {shape}; the batch must come first")
    if 0 in shape:
        raise TrialError(f"it gives a tensor without elements, of shape {shape[1:]} per sample")
    return TensorType(shape[1:], _dtype(tensor, "its result"))


def _dtype(tensor: Tensor, what: str) -> str:
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype not in ITEM_BYTES:
        raise TrialError(f"{what} has the dtype {dtype}, which specs do not have")
    return dtype


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def said(error: BaseException) -> str:
    """Return the first line of what an exception says, behind its name."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
