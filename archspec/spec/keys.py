"""Which key was meant by one that means nothing: another system's name for it, a misspelling, or the one that lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_origin

from archspec.diagnostics.text import closest, folded
from archspec.source.tree import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archspec.source.span import Span
    from archspec.source.tree import Entry, Tree
    from archspec.spec.models import Level

# What PyTorch, Keras, Ultralytics, Caffe, ONNX, Hydra, JSON Schema and compose files call what a key here holds, by
# that key. Where a word stands for several, the first that is not there yet and that its value suits is taken.
_WORDS = {
    "graph": "nodes layers net network model modules module architecture arch backbone head neck body children steps "
    "stages sequence sequential pipeline structure topology forward features trunk cells def definition content",
    "blocks": "modules templates components submodules subgraphs macros definitions defs functions classes units "
    "layers cells block",
    "op": "type layer class module block kind func function operator operation fn layer_type op_type class_name optype "
    "target _target_ cls uses call",
    "params": "parameters param args arguments arg hyperparameters hyperparams hparams hp config configuration cfg "
    "options settings kwargs inputs_params defaults attributes attrs variables signature",
    "let": "vars variables var locals local where constants consts define aliases values computed derived with",
    "inputs": "input in input_shape input_shapes input_size input_spec inp image_size data placeholders feed",
    "outputs": "output out returns return results result top heads yields output_names",
    "import": "imports include includes require requires use uses library libraries from_files blocks_from",
    "extends": "extend base bases inherits inherit parent from super derives template _base_ specializes based_on "
    "derived_from prototype",
    "variants": "configs configurations sizes scales presets flavors flavours versions profiles models zoo variations",
    "variant": "config preset scale flavor flavour size profile default_variant",
    "name": "title id network_name model_name label",
    "archspec": "version spec_version schema language format apiversion archspec_version schema_version lang",
    "description": "desc help doc docs docstring comment comments about summary note notes info documentation",
    "init": "initializers initialisers initializer initialiser weights_init initialization initialisation init_weights",
    "preprocess": "preprocessing transforms transform normalize normalization input_transform",
    "allow": "ignore noqa disable suppress allowed lints lint",
    # A parameter's declaration.
    "type": "dtype kind",
    "default": "value initial defaults init",
    "min": "minimum least ge lower low at_least min_value",
    "max": "maximum most le upper high at_most max_value",
    "choices": "enum options values allowed one_of oneof options_list",
    # An input, or an output.
    "shape": "size sizes dims dimensions dim input_shape tensor_shape",
    "dtype": "type data_type datatype element_type precision",
    "from": "node source src bottom input inputs of of_node reads after depends_on needs value layer",
    "when": "if condition cond only_if enabled active mode",
    "else": "otherwise orelse",
    # A loop.
    "repeat": "repeats times copies number num n count loop for_each",
    "count": "n num number times repeat repeats depth copies range size length",
    "index": "i var for variable idx loop_var counter",
    "each": "in values items over foreach for_each list loop",
    "as": "vars names var with bind",
    "share": "shared reuse tie tied shares weights_of share_with",
    # The edits of an extended graph.
    "replace": "override overrides set update change swap substitute replaced overwrite",
    "insert_after": "after insert add append add_after",
    "insert_before": "before prepend add_before",
    "remove": "delete drop without removed del exclude",
    # Images.
    "mean": "means normalize_mean",
    "std": "stds stdev deviation sigma scale normalize_std",
    "labels": "classes names class_names categories",
    "probabilities": "probs softmax is_probability",
    "spec": "extends file path base model network",
    "until": "upto up_to to stop last through cut",
}


def _meanings() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for meant, words in _WORDS.items():
        for word in words.split():
            found[folded(word)] = (*found.get(folded(word), ()), meant)
    return found


MEANINGS = _meanings()
"""The keys that another system's word may stand for."""


def meant_by_key(word: str, model: type[Level], tree: Mapping, value: Tree | None = None) -> str | None:
    """Return the key of a level that was probably meant by one that is none, or None.

    Of several, the first is taken that is not in `tree` yet, and that the value suits.
    """
    known = model.known()
    listed = [key for key in MEANINGS.get(folded(word), ()) if key in known]
    free = [key for key in listed if tree.get(key) is None]
    suiting = [key for key in free if value is None or suits(model, key, value)]
    near = closest(word, known)
    if near is not None and folded(near) == folded(word):
        return near
    return next(iter((*suiting, *free, *listed)), near)


def meant_keys(model: type[Level], tree: Mapping, wanted: Iterable[str] = ()) -> dict[Span, str]:
    """Return what was meant by the keys of a mapping that mean nothing there, by their places.

    Where one of them is like nothing, and one that must be there (`wanted`) is not, it stands for that, if its value is
    a mapping or a list as it should be.
    """
    strange = [entry for entry in tree.entries if entry.key.text not in model.known()]
    found = {entry.key.span: meant_by_key(entry.key.text, model, tree, entry.value) for entry in strange}
    lacking = [key for key in wanted if tree.get(key) is None and key not in found.values()]
    unclear = [entry for entry in strange if found[entry.key.span] is None]
    if len(lacking) == len(unclear) == 1 and _holds(model, lacking[0], unclear[0]):
        found[unclear[0].key.span] = lacking[0]
    return {span: key for span, key in found.items() if key is not None}


def suits(model: type[Level], key: str, value: Tree) -> bool:
    """Tell whether a value has the form of what a key of a level holds: a mapping, a list, text or a number."""
    if key == "graph":
        return not isinstance(value, Scalar)
    (info,) = (info for name, info in model.model_fields.items() if (info.alias or name) == key)
    kinds = {_form(part) for part in (get_args(info.annotation) or (info.annotation,))}
    if isinstance(value, Scalar):
        return bool(kinds & {Any, type(value.value)}) or (list in kinds and isinstance(value.value, str))
    return bool(kinds & {Any, dict if isinstance(value, Mapping) else list})


def _form(annotation: Any) -> Any:
    return get_origin(annotation) or annotation


def _holds(model: type[Level], key: str, entry: Entry) -> bool:
    return isinstance(entry.value, Mapping | Sequence) and suits(model, key, entry.value)
