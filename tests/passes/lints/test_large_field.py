from __future__ import annotations

from tests.compiling import spec
from tests.passes.lints.linting import found_in, of

SLUG = "field-larger-than-needed"


def _convs(count: int) -> str:
    return f"body: {{op: conv, out_channels: 4, kernel_size: 3, padding: 1, repeat: {count}}}"


def test_a_convolution_behind_units_that_see_everything() -> None:
    # Before convolution n the field is 2 n + 1; 15 spans an input of 8 wherever its middle is.
    assert of(SLUG, _convs(7)) == []
    (problem,) = found_in(spec(_convs(10)))
    assert problem.node == "body.7"
    assert problem.message() == (
        "this convolution reads units that see 15x15 of an input of 8x8, which is all of it, and 2 more do"
    )


def test_layers_without_a_window_are_welcome() -> None:
    assert (
        of(
            SLUG,
            _convs(7) + "\nlast: {op: conv, out_channels: 4, kernel_size: 1}\npool: {op: max_pool, kernel_size: 2}",
        )
        == []
    )


def test_shortcuts_keep_a_narrow_path() -> None:
    head = """
    blocks:
      unit:
        graph:
          conv: {op: conv, out_channels: 3, kernel_size: 3, padding: 1}
          add: {op: add, from: [input, conv]}
    """
    assert of(SLUG, "body: {op: unit, repeat: 20}", head=head) == []


def test_the_axes_of_the_window_count() -> None:
    graph = "rows: {op: conv, out_channels: 4, kernel_size: [3, 1], padding: [1, 0], repeat: 7}\n"
    assert of(SLUG, f"{graph}column: {{op: conv, out_channels: 4, kernel_size: [1, 3]}}") == []
    assert of(SLUG, f"{graph}row: {{op: conv, out_channels: 4, kernel_size: [3, 1]}}") == [(2, "row")]
