"""Random specs without mistakes, in varied layout: what faults are planted into."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_ACTIVATIONS = ("relu", "gelu", "silu", "leaky_relu")


def random_spec(rng: Random) -> str:
    """Return the text of a small network: a stem, some stages of several kinds, and a head."""
    width = rng.choice((8, 12, 16, 24))
    size = rng.choice((16, 24, 32))
    depth = [rng.randint(1, 3), rng.randint(1, 3)]
    activation = rng.choice(_ACTIVATIONS)
    kinds = [rng.choice(_STAGES) for _ in range(rng.randint(2, 3))]
    lines = [
        rng.choice(("# a random network", "# drawn by chance\n")),
        "archspec: 1",
        f"name: drawn_{rng.randrange(1000)}",
        f"description: Drawn by chance, of {len(kinds)} stages.",
        f"params: {{classes: 10, width: {width}, depths: {depth}, act: {{type: op, default: {activation}}}}}",
        f"inputs: {{image: [3, {size}, {size}]}}  # small",
    ]
    if rng.random() < 0.5:
        lines.append("let: {wide: width * 2}")
    lines += ["", "blocks:", *_BLOCKS, "", "graph:"]
    lines += [
        "  stem: {op: conv, out_channels: width, kernel_size: 3, padding: 1, bias: false}",
        "  bn: batch_norm",
        f"  first: {rng.choice(_ACTIVATIONS)}  # the first of them",
    ]
    for number, kind in enumerate(kinds, 1):
        lines += [line.replace("%", str(number)) for line in kind]
    lines += [
        "  pool: global_avg_pool",
        "  flat: flatten",
        "  drop: {op: dropout, p: 0.2}",
        "  fc: {op: linear, out_features: classes}",
    ]
    if rng.random() < 0.5:
        lines.append("outputs: {logits: fc, features: flat}")
    lines += ["", "variants:", "  small: {width: 8, depths: [1, 1]}", "  large: {width: 32, depths: [2, 3]}"]
    if rng.random() < 0.5:
        lines.append("variant: small")
    return "\n".join(lines) + "\n"


_BLOCKS = (
    "  residual:",
    "    description: Two convolutions and a shortcut.",
    "    params: {channels: int, stride: 1}",
    "    graph:",
    "      conv1: {op: conv, out_channels: channels, kernel_size: 3, stride: stride, padding: 1, bias: false}",
    "      bn1: batch_norm",
    "      relu1: relu",
    "      conv2: {op: conv, out_channels: channels, kernel_size: 3, padding: 1, bias: false}",
    "      bn2: batch_norm",
    "      shortcut:",
    "        from: input",
    "        when: stride != 1 or input.channels != channels",
    "        graph:",
    "          - {op: conv, out_channels: channels, kernel_size: 1, stride: stride, bias: false}",
    "          - batch_norm",
    "      add: {op: add, from: [bn2, shortcut]}",
    "      relu2: relu",
    "  gate:",
    "    params: {ratio: 4}",
    "    graph:",
    "      pool: global_avg_pool",
    '      down: {op: conv, out_channels: "max(input.channels // ratio, 1)", kernel_size: 1}',
    "      relu: relu",
    "      up: {op: conv, out_channels: input.channels, kernel_size: 1}",
    "      sigmoid: sigmoid",
    "      scale: {op: mul, from: [input, sigmoid]}",
)

_STAGES: tuple[tuple[str, ...], ...] = (
    (
        '  layer%: {op: residual, channels: width, repeat: "depths[0]"}',
        "  down%: {op: max_pool, kernel_size: 2}",
    ),
    (
        '  layer%: {op: residual, channels: width * 2, stride: 2 if i == 0 else 1, repeat: "depths[1]"}',
        "  gate%: {op: gate, ratio: 2}",
    ),
    (
        "  branches%:",
        "    graph:",
        "      one: {op: conv, from: input, out_channels: 8, kernel_size: 1}",
        "      three:",
        "        from: input",
        "        graph:",
        "          - {op: conv, out_channels: 4, kernel_size: 1}",
        "          - {op: conv, out_channels: 8, kernel_size: 3, padding: 1}",
        "      pooled: {op: avg_pool, from: input, kernel_size: 3, stride: 1, padding: 1}",
        "      concat: {op: concat, from: [one, three, pooled]}",
        "  mix%: {op: conv, out_channels: width, kernel_size: 1}",
    ),
    (
        "  wide%:",
        "    op: conv",
        "    out_channels: 24",
        "    kernel_size: 5  # a large one",
        "    padding: 2",
        "    groups: 4",
        "  norm%: {op: group_norm, num_groups: 4}",
        "  act%: $act",
        "  back%: {op: conv, out_channels: 24, kernel_size: 3, padding: 1}",
        "  sum%: {op: add, from: [wide%, back%]}",
        "  to%: {op: conv, out_channels: width, kernel_size: 1}",
    ),
    (
        '  broad%: {op: conv, out_channels: "make_divisible(width * 1.5, 8)", kernel_size: 3, padding: 1}',
        "  gate%: gate",
        "  to%: {op: conv, out_channels: width, kernel_size: 1}",
    ),
    (
        "  even%: {op: conv, out_channels: 16, kernel_size: 3, padding: 1}",
        "  split%: {op: split, split_size: 8}",
        "  left%: {op: conv, from: split%.0, out_channels: 8, kernel_size: 3, padding: 1}",
        "  join%: {op: concat, from: [left%, split%.1]}",
        "  to%: {op: conv, out_channels: width, kernel_size: 1}",
    ),
    (
        "  enc%: {op: conv, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}",
        "  up%: {op: conv_transpose, out_channels: 16, kernel_size: 2, stride: 2}",
        "  side%: {op: conv, from: enc%, out_channels: 16, kernel_size: 1}",
        "  grown%: {op: upsample, from: side%, scale_factor: 2}",
        "  both%:",
        "    op: concat",
        "    from: [up%, grown%]",
        "  to%: {op: conv, out_channels: width, kernel_size: 1}",
    ),
)
