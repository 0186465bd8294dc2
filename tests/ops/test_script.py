"""What is written for PyTorch is accepted by torch.jit.script, whose typing is the strictest of its consumers."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

import pytest
import torch

from archspec.ir.records import TorchExpression, TorchFunction, TorchModule
from tests.ops.table import VALID, Case
from tests.ops.torch_reference import Reference, arguments, as_tuple, random_inputs

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.* is deprecated"),
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel"),
]

HEADER = """
import math
import torch
from torch import Tensor, nn
from torch.nn import functional as F
"""

CLASS = """
class Case{number}(nn.Module):
    def __init__(self):
        super().__init__()
        self.op = {module}

    def forward(self, {inputs}):
        return {call}
"""


def _source(number: int, case: Case) -> str:
    code = case.op.torch(case.inputs)
    names = [f"x{index}" for index in range(len(case.inputs))]
    module = "nn.Identity()"
    if isinstance(code, TorchExpression):
        call = code.source.format(*names, all=code.joiner.join(names))
    elif isinstance(code, TorchFunction):
        call = f"{code.call}({', '.join([*names, *filter(None, [arguments(code.args)])])})"
    else:
        assert isinstance(code, TorchModule)
        module, call = f"{code.cls}({arguments(code.args)})", code.call("self.op").format(*names)
    inputs = ", ".join(f"{name}: Tensor" for name in names)
    return CLASS.format(number=number, module=module, inputs=inputs, call=call)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    path: Path = tmp_path_factory.mktemp("script") / "written_cases.py"
    helpers = dict.fromkeys(helper.source for case in VALID for helper in case.op.torch(case.inputs).helpers)
    classes = [_source(number, case) for number, case in enumerate(VALID)]
    path.write_text("\n".join([HEADER, *helpers, *classes]), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("written_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["written_cases"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("number", range(len(VALID)), ids=[str(case) for case in VALID])
def test_scripts(written: ModuleType, number: int) -> None:
    case = VALID[number]
    module = getattr(written, f"Case{number}")().eval()
    inputs = random_inputs(case.inputs)
    expected = as_tuple(module(*inputs))
    assert all(map(torch.equal, as_tuple(torch.jit.script(module)(*inputs)), expected))
    assert [tuple(result.shape) for result in expected] == [
        tuple(result.shape) for result in as_tuple(Reference(case.op.torch(case.inputs)).eval()(*inputs))
    ]
