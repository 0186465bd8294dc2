"""How long the language server takes to answer hover right after an edit: a real client, over standard streams.

Each edit changes the network, so that nothing of the answer is known before. The time is that from sending the edit to
having the answer. An answer that is said to be of the text before the edit is counted as such.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

SPECS = Path(__file__).parents[1] / "specs"
EDITS = 30


async def measure(path: Path, text: str, edit: str, words: str) -> None:
    """Print the times for one spec: `edit` is a line with a number in it, hover is asked for at `words`."""
    client = LanguageClient("benchmark", "1")
    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda _params: None)
    await client.start_io(sys.executable, "-m", "archspec", "lsp")
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    uri = path.as_uri()
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 0, text)))
    before = text[: text.index(words)]
    place = types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)
    times: list[float] = []
    used: list[float] = []
    stale = 0
    for number in range(EDITS):
        await asyncio.sleep(0.4)
        changed = text.replace(edit.format(0), edit.format(number + 1))
        start, busy = time.perf_counter(), _processor_time(client)
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(uri=uri, version=number + 1),
                [types.TextDocumentContentChangeWholeDocument(changed)],
            )
        )
        answer = await client.text_document_hover_async(types.HoverParams(types.TextDocumentIdentifier(uri), place))
        times.append(1000 * (time.perf_counter() - start))
        used.append(1000 * (_processor_time(client) - busy))
        shown = answer.contents.value if answer and isinstance(answer.contents, types.MarkupContent) else ""
        stale += "before the last edit" in shown
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    times.sort()
    print(
        f"{path.name}: median {statistics.median(times):.0f} ms, 95 % within {times[int(0.95 * EDITS)]:.0f} ms, "
        f"longest {times[-1]:.0f} ms; "
        f"the server's processor time {statistics.median(used):.0f} ms, {stale} of {EDITS} of the text before the edit"
    )


def _processor_time(client: LanguageClient) -> float:
    """Return the seconds that the server has worked, on Linux: what other processes take is not in it."""
    server = client._server  # noqa: SLF001  (pygls does not say it otherwise)
    threads = Path(f"/proc/{server.pid}/task").iterdir() if server else ()
    return sum(int((each / "schedstat").read_text(encoding="utf-8").split()[0]) for each in threads) / 1e9


def main() -> None:
    """Measure the spec as it is in the zoo, as `archspec init` writes it, and expanded to its 515 nodes."""
    network = SPECS / "resnet152.yaml"
    short = network.read_text(encoding="utf-8") + "params: {classes: 100}\n"
    asyncio.run(measure(network, short.replace("classes: 100", "classes: 0"), "classes: {}", "variant"))
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.yaml"
        archspec = [sys.executable, "-m", "archspec"]
        subprocess.run([*archspec, "init", "resnet152", "-o", str(whole), "--quiet"], check=True)  # noqa: S603
        text = whole.read_text(encoding="utf-8").replace("classes: 1000", "classes: 0")
        asyncio.run(measure(whole, text, "classes: {}", "fc: {op"))
        flat = subprocess.run([*archspec, "expand", str(network)], check=True, capture_output=True, text=True)  # noqa: S603
        text = flat.stdout.replace("out_features: 1000", "out_features: 0")
        asyncio.run(measure(Path(folder) / "flat.yaml", text, "out_features: {}", "fc:"))


if __name__ == "__main__":
    main()
