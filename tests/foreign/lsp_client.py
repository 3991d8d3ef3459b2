"""Talks to the language server with a foreign client, whose types are strict: lsp_client.py STEELYARD FILE."""

import asyncio
import sys
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

URI = "file:///shop.kpi"


async def main(steelyard, file):
    text = Path(file).read_text(encoding="utf-8")
    client = LanguageClient("steelyard-test", "1")
    published = asyncio.Queue()
    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda params: published.put_nowait(params))
    await client.start_io(steelyard, "lsp")
    greeting = await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities(), locale="zh-cn"))
    assert greeting.capabilities.position_encoding == types.PositionEncodingKind.Utf16
    client.initialized(types.InitializedParams())
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(URI, "steelyard", 1, text)))
    warnings = (await published.get()).diagnostics
    assert all(found.severity == types.DiagnosticSeverity.Warning for found in warnings)

    document = types.TextDocumentIdentifier(URI)
    outline = await client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
    metric = next(symbol for symbol in outline if symbol.kind == types.SymbolKind.Function)
    at = types.TextDocumentPositionParams(document, metric.selection_range.start)
    where = {"text_document": at.text_document, "position": at.position}
    hover = await client.text_document_hover_async(types.HoverParams(**where))
    assert f"`{metric.name}`" in hover.contents.value and "指标" in hover.contents.value
    assert (await client.text_document_definition_async(types.DefinitionParams(**where)))[0].range == metric.selection_range
    used = await client.text_document_references_async(types.ReferenceParams(types.ReferenceContext(True), **where))
    renamed = await client.text_document_rename_async(types.RenameParams(new_name="another_name", **where))
    assert len(renamed.changes[URI]) == len(used) > 0
    assert await client.text_document_completion_async(types.CompletionParams(**where)) is not None
    options = types.FormattingOptions(tab_size=2, insert_spaces=True)
    edits = await client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
    assert edits is not None and len(edits) == 0

    change = types.TextDocumentContentChangeWholeDocument("metric a = b\n")
    version = types.VersionedTextDocumentIdentifier(2, URI)
    client.text_document_did_change(types.DidChangeTextDocumentParams(version, [change]))
    found = (await published.get()).diagnostics
    assert found and all(diagnostic.source == "steelyard" for diagnostic in found)
    whole = types.Range(types.Position(0, 0), types.Position(9, 0))
    context = types.CodeActionContext(found)
    await client.text_document_code_action_async(types.CodeActionParams(document, whole, context))
    await client.shutdown_async(None)
    client.exit(None)
    print("spoken")


asyncio.run(asyncio.wait_for(main(*sys.argv[1:]), 60))
