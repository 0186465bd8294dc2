"""What people write instead, coming from elsewhere."""

from __future__ import annotations

import pytest

from archspec.elaborate import hints
from archspec.ops.catalog import BY_NAME
from archspec.spec.node_reader import NODE_KEYS
from tests.compiling import problems, spec


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(
            ("Conv2d", "conv"),
            ("conv2d", "conv"),
            ("nn.Conv1d", "conv"),
            ("torch.nn.Conv3d", "conv"),
            ("Convolution", "conv"),
        ),
        *(("ConvTranspose2d", "conv_transpose"), ("Conv2DTranspose", "conv_transpose"), ("deconv", "conv_transpose")),
        *(("Linear", "linear"), ("Dense", "linear"), ("fc", "linear"), ("InnerProduct", "linear"), ("Gemm", "linear")),
        *(
            ("BatchNorm2d", "batch_norm"),
            ("BatchNormalization", "batch_norm"),
            ("bn", "batch_norm"),
            ("batchnorm", "batch_norm"),
        ),
        *(("MaxPool2d", "max_pool"), ("MaxPooling2D", "max_pool"), ("maxpool", "max_pool"), ("AvgPool2d", "avg_pool")),
        *(("AveragePooling2D", "avg_pool"), ("AdaptiveAvgPool2d", "adaptive_avg_pool"), ("gap", "global_avg_pool")),
        *(
            ("GlobalAveragePooling2D", "global_avg_pool"),
            ("ReLU", "relu"),
            ("F.relu", "relu"),
            ("LeakyReLU", "leaky_relu"),
        ),
        *(("SiLU", "silu"), ("swish", "silu"), ("GELU", "gelu"), ("Concat", "concat"), ("torch.cat", "concat")),
        *(("Concatenate", "concat"), ("Add", "add"), ("sum", "add"), ("Multiply", "mul"), ("Upsample", "upsample")),
        *(
            ("UpSampling2D", "upsample"),
            ("ZeroPad2d", "pad"),
            ("Flatten", "flatten"),
            ("Dropout2d", "dropout_channels"),
            ("view", "reshape"),
        ),
        *(
            ("LayerNorm", "layer_norm"),
            ("GroupNorm", "group_norm"),
            ("InstanceNorm2d", "instance_norm"),
            ("lrn", "local_response_norm"),
        ),
        *(("convv", "conv"), ("max_pol", "max_pool"), ("batch-norm", "batch_norm"), ("Identity", "identity")),
    ],
)
def test_ops_of_other_systems(written: str, meant: str) -> None:
    assert hints.hint_for_op(written, BY_NAME) == f"did you mean '{meant}'?"


@pytest.mark.parametrize(
    ("written", "said"), [("Sequential", "a list"), ("ModuleList", "repeat"), ("Input", "inputs:")]
)
def test_what_is_no_op_here(written: str, said: str) -> None:
    assert said in (hints.hint_for_op(written, BY_NAME) or "")


def test_what_is_like_nothing() -> None:
    (problem,) = problems(spec("a: {op: frobnicate}"))
    assert problem.help() == "`archspec ops` lists the ops"


@pytest.mark.parametrize(
    ("op", "written", "meant"),
    [
        *(
            ("conv", "kernel", "kernel_size"),
            ("conv", "kernelsize", "kernel_size"),
            ("conv", "filters", "out_channels"),
        ),
        *(("conv", "channels", "out_channels"), ("conv", "strides", "stride"), ("conv", "dilation_rate", "dilation")),
        *(
            ("conv", "use_bias", "bias"),
            ("linear", "units", "out_features"),
            ("linear", "out_channels", "out_features"),
        ),
        *(
            ("dropout", "rate", "p"),
            ("dropout", "prob", "p"),
            ("batch_norm", "epsilon", "eps"),
            ("concat", "dim", "axis"),
        ),
        *(("max_pool", "pool_size", "kernel_size"), ("flatten", "start_dim", "start_axis"), ("relu", "inputs", "from")),
        *(
            ("add", "form", "from"),
            ("conv", "repeats", "repeat"),
            ("conv", "if", "when"),
            ("conv", "out_chanels", "out_channels"),
        ),
    ],
)
def test_parameters_of_other_systems(op: str, written: str, meant: str) -> None:
    known = tuple(BY_NAME[op].model_fields)
    assert hints.hint_for_parameter(written, known) == f"did you mean '{meant}'?"


@pytest.mark.parametrize(
    ("op", "written"), [("conv", "in_channels"), ("linear", "in_features"), ("batch_norm", "num_features")]
)
def test_inputs_are_inferred(op: str, written: str) -> None:
    assert (
        hints.hint_for_parameter(written, tuple(BY_NAME[op].model_fields)) == "what comes in is inferred: leave it out"
    )


def test_hints_name_what_exists() -> None:
    assert set(hints.OPS.values()) <= BY_NAME.keys()
    fields = {name for op in BY_NAME.values() for name in op.model_fields} | set(NODE_KEYS)
    assert {meant for several in hints.PARAMETERS.values() for meant in several} <= fields
    assert not set(hints.OPS) & {name.replace("_", "") for name in BY_NAME}, "those are found without a table"


def test_a_missing_parameter_comes_with_a_value_that_works() -> None:
    for op in BY_NAME.values():
        for name, info in op.model_fields.items():
            if info.is_required():
                example = next(sample.params for sample in op.samples if sample.fault is None)
                assert name in example, f"the samples of {op.op} give no example of {name}"
