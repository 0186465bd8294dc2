from __future__ import annotations

from archspec.backends.torch.branches import merged


def test_branches_of_one_condition_are_one() -> None:
    lines = [
        "if wide:",
        "    self.a = nn.ReLU()",
        "else:",
        "    self.a = nn.Identity()",
        "if wide:",
        "    self.b = nn.ReLU()",
        "else:",
        "    self.b = nn.Identity()",
        "if wide:",
        "    self.c = nn.ReLU()",
    ]
    assert merged(lines) == [
        "if wide:",
        "    self.a = nn.ReLU()",
        "    self.b = nn.ReLU()",
        "else:",
        "    self.a = nn.Identity()",
        "    self.b = nn.Identity()",
        "if wide:",
        "    self.c = nn.ReLU()",
    ]


def test_branches_within_a_loop_are_merged() -> None:
    lines = [
        "for i in range(2):",
        "    if i > 0:",
        "        layers.append(a)",
        "    if i > 0:",
        "        layers += [b, c]",
    ]
    assert merged(lines) == [*lines[:3], lines[4]]


def test_a_branch_that_changes_what_is_asked_stays_alone() -> None:
    lines = ["if width != 8:", "    width = 8", "if width != 8:", "    layers.append(a)"]
    assert merged(lines) == lines


def test_another_condition_stays_alone() -> None:
    lines = ["if a:", "    x = 1", "if b:", "    y = 1"]
    assert merged(lines) == lines
