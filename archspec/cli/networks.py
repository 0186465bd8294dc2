"""The networks that come with archspec: where their specs are, and what there is to say about each."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archspec.source.tree import Tree

INDEX = "index.json"
_FAMILY = re.compile(r"^extends:\s*[\"']?families/(\w+)\.yaml\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Network:
    """One network of the zoo.

    Attributes:
        name: what it is called.
        path: its spec, relative to the zoo.
        family: the family that its spec extends, or its own name.
        description: what it is, in a sentence.
        inputs: the shapes of its inputs per sample, by name.
        params: elements of tensors that are trained.
        macs: multiply-accumulates per sample.
        last_map: the node that gives the last map; empty if there is none.
        receptive_field: how many input elements a unit of that map spans, per axis.
        coverage: that as a part of the input's size.
        sees_everything: some path to that map leads through a global operation.
    """

    name: str
    path: str
    family: str
    description: str
    inputs: dict[str, list[int]]
    params: int
    macs: int
    last_map: str
    receptive_field: list[int]
    coverage: list[float]
    sees_everything: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Networks of one construction.

    Attributes:
        name: what it is called: its file's name, or that of its only network.
        path: its spec, relative to the zoo.
        description: what it is, in a sentence.
        networks: its members.
    """

    name: str
    path: str
    description: str
    networks: list[Network] = field(default_factory=list[Network])


def spec_paths() -> dict[str, Path]:
    """Return the zoo's specs by name, resnet18 before resnet101; what they are made from comes last."""
    from archspec.spec.files import zoo_root

    root = zoo_root()
    paths = {path.relative_to(root).with_suffix("").as_posix(): path for path in root.rglob("*.yaml")}
    return {name: paths[name] for name in sorted(paths, key=_order)}


def _order(name: str) -> tuple[int, list[tuple[int, str]]]:
    parts = re.findall(r"\d+|\D+", name)
    return name.count("/"), [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def find_spec(name: str) -> Path | None:
    """Return the spec of a network or family, or a file of blocks, with or without folder and ending; else None."""
    paths = spec_paths()
    wanted = name.removesuffix(".yaml")
    return paths.get(wanted) or paths.get(f"families/{wanted}") or paths.get(f"blocks/{wanted}")


# ----------------------------------------------------------------------------------------------------- the list


def families() -> list[Family]:
    """Return all families with their networks.

    What is known of the networks stands in an index beside the specs. It is used only if these are what it was made
    from, to the byte; otherwise every network is compiled, which takes seconds.
    """
    from archspec.spec.files import zoo_root

    return _indexed(zoo_root() / INDEX) or compiled_families()


def _indexed(path: Path) -> list[Family] | None:
    """Return what the index holds; None if it is missing, or of other specs."""
    try:
        index: dict[str, Any] = json.loads(path.read_bytes())
        if index["digest"] != digest():
            return None
        found: list[Family] = []
        for family in index["families"]:
            networks = [Network(**network) for network in family.pop("networks")]
            found.append(Family(**family, networks=networks))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return found


def index(families: list[Family]) -> bytes:
    """Return what the index must hold."""
    made = {"digest": digest(), "families": [asdict(family) for family in families]}
    return (json.dumps(made, indent=1) + "\n").encode()


def digest() -> str:
    """Return a digest of all specs of the zoo, and of the version of archspec that reads them."""
    from importlib.metadata import version

    found = hashlib.sha256(version("archspec").encode())
    for name, path in spec_paths().items():
        data = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"\n{name} {len(data)}\n".encode() + data)
    return found.hexdigest()


def compiled_families() -> list[Family]:
    """Return all families with their networks, each of them compiled."""
    found: dict[str, Family] = {}
    for network in _compiled():
        if network.family not in found:
            found[network.family] = _family(network)
        found[network.family].networks.append(network)
    return [found[name] for name in sorted(found, key=_order)]


def _family(first: Network) -> Family:
    path = find_spec(f"families/{first.family}")
    if path is None:
        return Family(first.family, first.path, first.description)
    return Family(first.family, f"families/{first.family}.yaml", _description(path))


def _description(path: Path) -> str:
    from archspec.source.tree import Mapping, plain
    from archspec.source.yaml import parse, read

    tree: Tree = parse(read(path, path.name))
    value: Any = plain(tree.get("description") or tree) if isinstance(tree, Mapping) else ""
    return value if isinstance(value, str) else ""


def _compiled() -> Iterator[Network]:
    from archspec.api import load
    from archspec.passes.summary import summarise

    for name, path in spec_paths().items():
        if "/" in name:
            continue
        architecture = load(path)
        summary = summarise(architecture.graph)
        extended = _FAMILY.search(architecture.text)
        yield Network(
            name=name,
            path=f"{name}.yaml",
            family=extended[1] if extended else name,
            description=architecture.spec.description,
            inputs={key: list(shape) for key, shape in architecture.inputs.items()},
            params=summary.params,
            macs=summary.macs,
            last_map=summary.last_map,
            receptive_field=list(summary.receptive_field),
            coverage=list(summary.coverage),
            sees_everything=summary.sees_everything,
        )
