//! The language server: rulesets in editors, over the Language Server Protocol on standard input and output.
//!
//! 1. [`serve`] greets the editor and then reads its messages one by one. It keeps the open texts ([`document`]) and
//!    computes nothing that takes long.
//! 2. Every change goes to the one worker thread ([`worker`]), which checks the text, with the packages it uses ([`behind`]), once typing has paused for a moment and
//!    publishes what is wrong ([`mistakes`]).
//! 3. Requests go to the worker too, each with the text that it was asked about: [`hover`], [`names`] (definition,
//!    references, rename), [`symbols`], [`layout`], fixes. All of them ask the compiler what names mean
//!    ([`References`](crate::compile::references::References)).
//! 4. Completions ([`complete`]) are answered at once, from the grammar and the names of the latest check.

mod behind;
mod complete;
mod document;
mod hover;
mod layout;
mod mistakes;
mod names;
mod symbols;
mod words;
mod worker;

use crate::diagnostic::codes::cli as codes;
use crate::diagnostic::{Diagnostic, Lang, Words};
use document::Text;
use gen_lsp_types::{
    CodeActionKind, CodeActionOptions, CompletionOptions, CompletionParams, DidChangeTextDocumentParams, DidOpenTextDocumentParams,
    PositionEncodingKind, RenameOptions, ServerCapabilities, TextDocumentSyncKind, Uri,
};
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use worker::{Asked, Snapshot, Task, Worker};

/// Serves one editor until it leaves. The language is the asked one, else the editor's, else `lang`; packages are
/// looked for in `folders` too.
///
/// # Errors
/// What the editor did that the protocol does not know.
pub fn serve(asked: Option<Lang>, lang: Lang, folders: &[PathBuf]) -> Result<(), Diagnostic> {
    let (connection, threads) = Connection::stdio();
    converse(&connection, asked, lang, folders)?;
    drop(connection);
    threads.join().map_err(|error| misunderstood(Words::from(&error)))
}

fn converse(connection: &Connection, asked: Option<Lang>, lang: Lang, folders: &[PathBuf]) -> Result<(), Diagnostic> {
    let (id, params) = connection.initialize_start().map_err(protocol)?;
    let lang = asked.or_else(|| wanted(&params, "initializationOptions")).or_else(|| locale(params.get("locale")?)).unwrap_or(lang);
    let greeting = json!({"capabilities": capabilities(), "serverInfo": {"name": "steelyard", "version": env!("CARGO_PKG_VERSION")}});
    connection.initialize_finish(id, greeting).map_err(protocol)?;
    let sender = connection.sender.clone();
    // An editor that is gone needs no answer.
    let worker = Worker::start(move |message| drop(sender.send(message)), lang, folders.to_owned());
    let mut server = Server { connection, worker, open: HashMap::new(), asked, leaving: false };
    for message in &connection.receiver {
        match message {
            Message::Request(request) => server.request(request),
            Message::Notification(notification) if notification.method == "exit" => break,
            Message::Notification(notification) => server.notification(notification),
            Message::Response(_) => {}
        }
    }
    let leaving = server.leaving;
    server.worker.stop();
    if leaving { Ok(()) } else { Err(misunderstood(Words::new("it left without saying so", "编辑器未先请求关闭就断开了"))) }
}

fn protocol(error: ProtocolError) -> Diagnostic {
    misunderstood(Words::foreign("不符合协议", error))
}

fn misunderstood(reason: Words) -> Diagnostic {
    Diagnostic::general(&codes::EDITOR).reason(reason)
}

/// The language that settings ask for: `{"language": "zh"}`, alone or under `steelyard`.
fn wanted(params: &Value, place: &str) -> Option<Lang> {
    let settings = params.get(place)?;
    locale(settings.get("steelyard").unwrap_or(settings).get("language")?)
}

/// The language of a locale such as `zh-cn`; None for `auto`.
fn locale(name: &Value) -> Option<Lang> {
    let name = name.as_str()?.to_ascii_lowercase();
    match name.as_str() {
        "" | "auto" => None,
        zh if zh.starts_with("zh") => Some(Lang::Zh),
        _ => Some(Lang::En),
    }
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(PositionEncodingKind::UTF16),
        text_document_sync: Some(TextDocumentSyncKind::Incremental.into()),
        hover_provider: Some(true.into()),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "{", "[", " "].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(true.into()),
        references_provider: Some(true.into()),
        document_highlight_provider: Some(true.into()),
        document_symbol_provider: Some(true.into()),
        document_formatting_provider: Some(true.into()),
        rename_provider: Some(RenameOptions { prepare_provider: Some(true), ..RenameOptions::default() }.into()),
        code_action_provider: Some(
            CodeActionOptions { code_action_kinds: Some(vec![CodeActionKind::QuickFix]), ..CodeActionOptions::default() }.into(),
        ),
        ..ServerCapabilities::default()
    }
}

/// One conversation.
struct Server<'c> {
    connection: &'c Connection,
    worker: Worker,
    /// The open documents by address.
    open: HashMap<String, Snapshot>,
    /// The language of the command line, which no setting changes.
    asked: Option<Lang>,
    /// True once the editor has asked to end.
    leaving: bool,
}

impl Server<'_> {
    fn request(&mut self, request: Request) {
        if self.leaving {
            return self.refuse(request, ErrorCode::InvalidRequest, "shutting down");
        }
        if request.method == "shutdown" {
            self.leaving = true;
            return self.send(Response::new_ok(request.id, Value::Null));
        }
        if !worker::METHODS.contains(&request.method.as_str()) {
            return self.refuse(request, ErrorCode::MethodNotFound, "unknown method");
        }
        let address = request.params.pointer("/textDocument/uri").and_then(Value::as_str).unwrap_or_default();
        let Some(snapshot) = self.open.get(address).cloned() else {
            return self.refuse(request, ErrorCode::InvalidParams, "no such document is open");
        };
        if request.method == worker::COMPLETION
            && let Some(known) = self.worker.latest(address)
            && let Ok(params) = serde_json::from_value::<CompletionParams>(request.params.clone())
        {
            let at = params.text_document_position_params.position;
            let items = complete::complete(&snapshot.text, at, &known, self.worker.lang());
            return self.send(Response::new_ok(request.id, items));
        }
        self.worker.give(Task::Ask(Asked { request, snapshot }));
    }

    fn notification(&mut self, notification: Notification) {
        // A notification has no answer that could say what is wrong with it.
        match notification.method.as_str() {
            "textDocument/didOpen" => {
                if let Ok(params) = serde_json::from_value::<DidOpenTextDocumentParams>(notification.params) {
                    let document = params.text_document;
                    self.update(document.uri, document.version, Text::new(document.text));
                }
            }
            "textDocument/didChange" => {
                if let Ok(params) = serde_json::from_value::<DidChangeTextDocumentParams>(notification.params) {
                    let document = params.text_document;
                    let uri = document.text_document_identifier.uri;
                    if let Some(before) = self.open.get(&uri.0) {
                        let text = before.text.changed(params.content_changes);
                        self.update(uri, document.version, text);
                    }
                }
            }
            "textDocument/didClose" => {
                let address = notification.params.pointer("/textDocument/uri").and_then(Value::as_str);
                if let Some(snapshot) = address.and_then(|address| self.open.remove(address)) {
                    self.worker.give(Task::Close(snapshot));
                }
            }
            "$/cancelRequest" => {
                if let Some(id) = notification.params.get("id").and_then(|id| serde_json::from_value(id.clone()).ok()) {
                    self.worker.cancel(&id);
                }
            }
            "workspace/didChangeConfiguration" if self.asked.is_none() => {
                if let Some(lang) = wanted(&notification.params, "settings") {
                    self.worker.speak(lang, self.open.values().cloned());
                }
            }
            _ => {}
        }
    }

    fn update(&mut self, uri: Uri, version: i32, text: Text) {
        let snapshot = Snapshot { uri, version, text: Arc::new(text) };
        self.open.insert(snapshot.uri.0.clone(), snapshot.clone());
        self.worker.give(Task::Check(snapshot));
    }

    fn refuse(&self, request: Request, code: ErrorCode, message: &str) {
        self.send(Response::new_err(request.id, code as i32, message.to_owned()));
    }

    /// An editor that is gone needs no answer.
    fn send(&self, response: Response) {
        let _ = self.connection.sender.send(response.into());
    }
}
