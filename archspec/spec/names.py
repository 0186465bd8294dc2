"""Which names a spec may give.

Names reach generated Python as attributes, arguments and classes, and checkpoints as keys, so they are plain ASCII
identifiers that cannot collide with what is there already.
"""

from __future__ import annotations

import builtins
import keyword
import re

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# Names of nodes only: a hyphen between letters or digits, as in RegNet's `block1-0`.
_HYPHEN = re.compile(r"(?<=[A-Za-z0-9])-(?=[A-Za-z0-9])")
_IMPORT_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z", re.ASCII)
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,5})\Z")
LONGEST = 64

# The attributes of torch.nn.Module: a submodule of such a name would hide them. A test compares this with torch.
MODULE_ATTRIBUTES = frozenset(
    {
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "parameters",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "to",
        "to_empty",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    }
)

# Groups become an nn.Sequential, which has these as well.
_SEQUENTIAL_ATTRIBUTES = frozenset({"append", "extend", "insert", "pop"})

_WORDS_OF_YAML = frozenset({"true", "false", "null"})

# What generated source uses by these names, and what expressions mean by them.
_TAKEN = frozenset({"self", "torch", "nn", "F", "Tensor", "math", "input", "make_divisible"})

# Classes and functions that generated source carries for ops that PyTorch lacks. A test compares this with the catalog.
HELPERS = frozenset(
    {
        *("BlurPool2d", "ChannelLayerNorm", "DenselyConnected", "Permute", "StochasticDepth", "crop_like"),
        *("CosineWindowAttention", "PatchMerging", "RelativeAttention", "WindowAttention"),
        *("relative_positions", "window_mask", "window_partition", "window_reverse"),
    }
)

_BUILTIN_NAMES = frozenset(name for name in dir(builtins) if name.islower())
_HARMLESS_BUILTINS = frozenset({"filter", "input", "format", "hash", "id", "map", "pow", "slice", "vars", "zip"})


def is_import_path(name: str) -> bool:
    """Tell whether the name of an op is the path of a class in Python: `package.module:Class`."""
    return _IMPORT_PATH.match(name) is not None and not any(map(keyword.iskeyword, re.split("[.:]", name)))


def is_number(name: str) -> bool:
    """Tell whether a name is a number as lists give them to their nodes."""
    return _NUMBER.match(name) is not None


def fault_of_identifier(name: str) -> str | None:
    """Return why `name` is no usable identifier, or None if it is one."""
    if not _IDENTIFIER.match(name):
        return "names are letters, digits and underscores, and do not start with a digit"
    if len(name) > LONGEST:
        return f"names have at most {LONGEST} characters"
    if keyword.iskeyword(name):
        return "it is a word of the Python language, which generated source could not use"
    if name in _WORDS_OF_YAML:
        return "it is a word of YAML with a meaning of its own"
    if name.startswith("__"):
        return "names do not start with two underscores"
    return None


def fault_of_node_name(name: str) -> str | None:
    """Return why `name` cannot name a node, or None if it can. Hyphens may stand within it."""
    if name in MODULE_ATTRIBUTES | _SEQUENTIAL_ATTRIBUTES:
        return "modules of PyTorch have an attribute of this name"
    if name in {"input", "self"}:
        return "it has a meaning of its own"
    if name.startswith("_"):
        return "names that start with an underscore belong to PyTorch"
    return fault_of_identifier(as_identifier(name))


def fault_of_block_name(name: str) -> str | None:
    """Return why `name` cannot name a block, or None if it can. It becomes a class, so it may be called `double`."""
    if name in {"input", "self"}:
        return "it has a meaning of its own"
    if name.startswith("_"):
        return "names that start with an underscore belong to PyTorch"
    return fault_of_identifier(name)


def as_identifier(name: str) -> str:
    """Return the name of a node with underscores for hyphens."""
    return _HYPHEN.sub("_", name)


def fault_of_parameter_name(name: str) -> str | None:
    """Return why `name` cannot name a parameter, an index or a `let`, or None if it can."""
    if name in _TAKEN | HELPERS or name in (_BUILTIN_NAMES - _HARMLESS_BUILTINS):
        return "it has a meaning of its own in expressions or in generated source"
    return fault_of_identifier(name)
