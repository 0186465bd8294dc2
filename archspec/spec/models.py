"""The keys of the language, level by level, as pydantic models.

The reader takes from here which keys a mapping may have, which it must have, and how an example of each looks; the JSON
schema is made from the same models. Values are read by the reader itself, which knows where each of them stands.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class Level(BaseModel):
    """One level of a spec."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)

    where: ClassVar[str]

    @classmethod
    def known(cls) -> tuple[str, ...]:
        """Return the keys that there are, as the YAML spells them."""
        return tuple(info.alias or name for name, info in cls.model_fields.items())

    @classmethod
    def required(cls) -> tuple[tuple[str, str], ...]:
        """Return the keys that must be there, each with an example."""
        return tuple(
            (info.alias or name, str((info.examples or [f"{name}: ..."])[0]))
            for name, info in cls.model_fields.items()
            if info.is_required()
        )


class SpecLevel(Level):
    """A whole spec."""

    where: ClassVar[str] = "the spec"

    archspec: int = Field(description="Version of the language.", examples=["archspec: 1 as the first line"])
    name: str = Field(description="The network's name; the class is named after it.", examples=["name: my_network"])
    description: str | None = Field(None, description="What it is, in a sentence; it becomes the class's docstring.")
    extends: str | None = Field(None, description="Another spec, relative to this file, to start from.")
    variant: str | None = Field(None, description="The variant to take, of this spec or of the one it extends.")
    params: dict[str, Any] | None = Field(None, description="Parameters: a type, a default, or a long form.")
    let: dict[str, Any] | None = Field(None, description="Names for values, computed once, in order.")
    inputs: dict[str, Any] | None = Field(None, description="Inputs: name and shape per sample, channels first.")
    import_: list[str] | None = Field(None, alias="import", description="Files whose blocks can be used here.")
    blocks: dict[str, Any] | None = Field(None, description="Reusable graphs.")
    graph: Any = Field(None, description="The network: nodes in execution order.")
    outputs: Any = Field(None, description="Names for results; by default the last node is the result.")
    variants: dict[str, Any] | None = Field(None, description="Named sets of parameter values.")
    init: dict[str, Any] | None = Field(None, description="First values of parameters, by op and by pattern of paths.")
    preprocess: dict[str, Any] | None = Field(None, description="How images become inputs: mean, std, size, labels.")
    allow: Any = Field(None, description="Lints that are not reported: a list, or a mapping to patterns of node paths.")


class LibraryLevel(Level):
    """A file of blocks for others to import."""

    where: ClassVar[str] = "a file of blocks"

    archspec: int = Field(description="Version of the language.", examples=["archspec: 1 as the first line"])
    description: str | None = Field(None, description="What it holds, in a sentence.")
    import_: list[str] | None = Field(None, alias="import", description="Files whose blocks can be used here.")
    blocks: dict[str, Any] = Field(description="Reusable graphs.", examples=["blocks: {...}"])
    allow: Any = Field(None, description="Lints that are not reported: a list, or a mapping to patterns of node paths.")


class BlockLevel(Level):
    """A block definition."""

    where: ClassVar[str] = "a block"

    description: str | None = Field(None, description="What it is, in a sentence.")
    params: dict[str, Any] | None = Field(None, description="Parameters: a type, a default, or a long form.")
    inputs: list[str] | None = Field(None, description="Names of its inputs; one input is just `input`.")
    let: dict[str, Any] | None = Field(None, description="Names for values, computed once, in order.")
    graph: Any = Field(description="Its nodes in execution order.", examples=["graph: {...}"])
    outputs: Any = Field(None, description="Names for results; by default the last node is the result.")


class SpecBlockLevel(Level):
    """A block that is another spec, or the first part of one."""

    where: ClassVar[str] = "a block that is a spec"

    spec: str = Field(description="The spec, relative to this file.", examples=["spec: families/resnet.yaml"])
    description: str | None = Field(None, description="What it is, in a sentence.")
    variant: str | None = Field(None, description="The variant of it to take.")
    params: dict[str, Any] | None = Field(None, description="Values for its parameters, in place of its defaults.")
    until: str | None = Field(None, description="The last of its nodes to take; by default all are taken.")
    outputs: Any = Field(None, description="Names for results; by default the last node is the result.")


class ParameterLevel(Level):
    """The long form of a parameter declaration."""

    where: ClassVar[str] = "a parameter declaration"

    type: str | None = Field(None, description="int, float, bool, str, op, list, list[TYPE] or TYPE | TYPE.")
    default: Any = Field(None, description="Value where none is given; without it the parameter is required.")
    min: float | None = Field(None, description="Least value.")
    max: float | None = Field(None, description="Greatest value.")
    choices: list[Any] | None = Field(None, description="The values that it may have.")
    description: str | None = Field(None, description="What it is, in a sentence.")


class InputLevel(Level):
    """The long form of an input."""

    where: ClassVar[str] = "an input"

    shape: list[Any] = Field(description="Sizes per sample, channels first.", examples=["shape: [3, 224, 224]"])
    dtype: str = Field("float32", description="Type of its elements.")


class RepeatLevel(Level):
    """The long form of a repeat."""

    where: ClassVar[str] = "repeat"

    count: Any = Field(None, description="How many copies.")
    index: str = Field("i", description="Name of the index, counted from 0.")
    name: str | None = Field(None, description='Pattern of the copies\' names, such as "layer{i + 1}".')
    each: Any = Field(None, description="A list of values, one entry for each copy.")
    as_: Any = Field(None, alias="as", description="Names for an entry's values.")


class OutputLevel(Level):
    """The long form of an output."""

    where: ClassVar[str] = "an output"

    from_: str = Field(alias="from", description="The node.", examples=["from: fc"])
    when: str | None = Field(None, description="`training` for an auxiliary head.")


class NodeLevel(Level):
    """The reserved keys of a node; all others are parameters of its op."""

    where: ClassVar[str] = "a node"

    op: str | None = Field(None, description="An op or a block.")
    graph: Any = Field(None, description="The nodes of an inline group, in place of `op`.")
    from_: Any = Field(None, alias="from", description="Its input or inputs; left out, the previous node.")
    when: Any = Field(None, description="A condition; if it is false the node is left out.")
    else_: str | None = Field(None, alias="else", description="The input that passes when `when` is false.")
    repeat: Any = Field(None, description="Copies, each reading the one before.")
    connect: str | None = Field(None, description="`dense` feeds each copy everything before it.")
    share: str | None = Field(None, description="A node whose module is used again.")
    inputs: list[str] | None = Field(None, description="Names of a group's inputs; one input is just `input`.")
    outputs: Any = Field(None, description="Names for a group's results.")


class PreprocessLevel(Level):
    """How images become inputs."""

    where: ClassVar[str] = "preprocess"

    mean: Any = Field(None, description="What is taken from pixels in 0..1: a number, or one per channel.")
    std: Any = Field(None, description="What the difference is divided by: a number, or one per channel.")
    size: Any = Field(None, description="Height and width of the input, or one number for both.")
    labels: list[str] | None = Field(None, description="Names of the classes, in the order of the outputs.")
    probabilities: bool | None = Field(None, description="Whether the outputs already are probabilities.")


class EditLevel(Level):
    """The edits of an extended graph."""

    where: ClassVar[str] = "the edits of an extended graph"

    replace: dict[str, Any] | None = Field(None, description="Nodes by name, each with what takes its place.")
    insert_after: dict[str, Any] | None = Field(None, description="Nodes by name, each with what follows it.")
    insert_before: dict[str, Any] | None = Field(None, description="Nodes by name, each with what goes before it.")
    remove: list[str] | None = Field(None, description="Names of nodes.")
