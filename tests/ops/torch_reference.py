"""A small interpreter of the PyTorch records: what the PyTorch backend writes, run on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from archspec.ir.records import REQUIRED, TorchExpression, TorchFunction, TorchModule, TorchParameter
from tests.torch_names import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archspec.ir.op import Op
    from archspec.ir.records import Arg, TorchCode
    from archspec.ir.tensor import TensorType


def arguments(args: Sequence[Arg]) -> str:
    kept = [arg for arg in args if arg.default is REQUIRED or arg.value != arg.default]
    return ", ".join(repr(arg.value) if arg.positional else f"{arg.name}={arg.value!r}" for arg in kept)


class Reference(nn.Module):
    """An op as PyTorch runs it. `twin` takes the module form of a function."""

    def __init__(self, code: TorchCode, *, twin: bool = False) -> None:
        super().__init__()
        self.code = code
        self.call = self._call(twin=twin)
        self.inner: nn.Module | None = None
        if isinstance(code, TorchModule) or twin:
            self.inner = eval(self.call, names_of(code))  # noqa: S307  (our own records)

    def _call(self, *, twin: bool) -> str:
        match self.code:
            case TorchModule(cls=cls, args=args):
                return f"{cls}({arguments(args)})"
            case TorchFunction(call=call, args=args, module=module):
                text = arguments(args)
                return f"{module}({text})" if twin else f"{call}({{all}}{', ' if text else ''}{text})"
            case TorchExpression():
                return self.code.source
            case TorchParameter():
                raise AssertionError("a parameter reads nothing, so it is not called")

    def forward(self, *inputs: Tensor) -> Any:
        names = [f"x{index}" for index in range(len(inputs))]
        joiner = self.code.joiner if isinstance(self.code, TorchExpression) else ", "
        text = self.call if self.inner is None else "inner({0})"
        if isinstance(self.code, TorchModule):
            text = self.code.call("inner")
        source = text.format(*names, all=joiner.join(names))
        scope = {"inner": self.inner, **dict(zip(names, inputs, strict=True))}
        return eval(source, names_of(self.code), scope)  # noqa: S307  (our own records)


def reference(op: Op, inputs: tuple[TensorType, ...]) -> Reference:
    """Return the op with random weights and statistics, in eval mode."""
    module = Reference(op.torch(inputs)).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.5, 2, generator=generator)
            else:
                tensor.uniform_(-1, 1, generator=generator)
    return module


def random_inputs(inputs: tuple[TensorType, ...], batch: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [_random(batch, tensor, generator) for tensor in inputs]


def _random(batch: int, tensor: TensorType, generator: torch.Generator) -> Tensor:
    if "float" in tensor.dtype:
        return torch.randn(batch, *tensor.shape, generator=generator)
    # Small enough to be places in the tables of the samples.
    return torch.randint(0, 5, (batch, *tensor.shape), generator=generator)


def as_tuple(result: Any) -> tuple[Tensor, ...]:
    return tuple(result) if isinstance(result, (tuple, list)) else (result,)
