//! The thread that checks texts and answers what is asked about them.
//!
//! 1. A changed text waits until nothing has been typed for [`PAUSE`]; then it is checked and its mistakes are published.
//! 2. A request is answered from the check of exactly the text it was asked about, which is made now if it has to be.
//! 3. The latest check of each document is kept for completions.

use super::behind::{Behind, address};
use super::document::Text;
use super::{complete, hover, layout, mistakes, names, symbols};
use crate::compile::{self, Compiled};
use crate::diagnostic::{Diagnostic, Lang, Span};
use crate::packages::without_consequences;
use crate::syntax::ast;
use gen_lsp_types::{
    CodeActionParams, CompletionParams, DefinitionParams, DocumentHighlightParams, DocumentSymbolParams, HoverParams, Location,
    PrepareRenameParams, PublishDiagnosticsParams, ReferenceParams, RenameParams, Uri,
};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response, ResponseError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long typing must pause before a text is checked.
const PAUSE: Duration = Duration::from_millis(120);
/// The stack of the thread: formulas nest deep, and a check walks down into them.
const STACK_BYTES: usize = 32 << 20;

/// The request that is answered from the latest check, whatever has been typed since.
pub const COMPLETION: &str = "textDocument/completion";

/// The requests that are answered.
pub const METHODS: &[&str] = &[
    COMPLETION,
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/documentSymbol",
    "textDocument/formatting",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/codeAction",
];

/// A document as it was at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its address.
    pub uri: Uri,
    /// The editor's number of this state.
    pub version: i32,
    /// Its text.
    pub text: Arc<Text>,
}

/// A text, its tree and what the compiler found.
#[derive(Debug)]
pub struct Analysis {
    /// The text.
    pub text: Arc<Text>,
    /// The packages behind it.
    pub behind: Arc<Behind>,
    /// The tree.
    pub file: ast::File,
    /// Names and mistakes, also of the packages.
    pub compiled: Compiled,
}

impl Analysis {
    /// Checks a text with its packages.
    pub fn of(text: Arc<Text>, behind: Arc<Behind>) -> Analysis {
        let (file, mut compiled) = compile::read(&format!("{}{}", text.as_str(), behind.text));
        without_consequences(&behind.diagnostics, &mut compiled.diagnostics);
        compiled.diagnostics.extend(behind.diagnostics.iter().cloned());
        Analysis { text, behind, file, compiled }
    }

    /// A place of the whole text, when it lies in the document.
    pub fn own(&self, span: Span) -> Option<Span> {
        (span.range().start <= self.text.as_str().len()).then_some(span)
    }

    /// A place of the whole text, when it lies in a package: the file, its text, and the place in it.
    pub fn elsewhere(&self, span: Span) -> Option<(&str, Text, Span)> {
        let from = |offset: usize| offset.checked_sub(self.text.as_str().len());
        let place = Span::new(from(span.range().start)?, from(span.range().end)?);
        self.own(span).is_none().then(|| self.behind.file_at(place)).flatten()
    }

    /// Where a place of the whole text is found.
    pub fn location(&self, span: Span, uri: &Uri) -> Location {
        match self.elsewhere(span) {
            Some((file, text, place)) => Location::new(address(file), text.range(place)),
            None => Location::new(uri.clone(), self.text.range(span)),
        }
    }

    /// A part of the whole text.
    pub fn written(&self, span: Span) -> String {
        match self.elsewhere(span) {
            Some((_, text, place)) => text.slice(place).to_owned(),
            None => self.text.slice(span).to_owned(),
        }
    }
}

/// A request and the document that it is about.
pub struct Asked {
    /// What is asked.
    pub request: Request,
    /// About what.
    pub snapshot: Snapshot,
}

/// What the worker does.
pub enum Task {
    /// Check a text when typing pauses.
    Check(Snapshot),
    /// Answer a request.
    Ask(Asked),
    /// Forget a document.
    Close(Snapshot),
}

/// What both threads see.
#[derive(Default)]
struct Shared {
    latest: Mutex<HashMap<String, Arc<Analysis>>>,
    /// The requests that wait for an answer and were not cancelled.
    pending: Mutex<HashSet<RequestId>>,
    chinese: AtomicBool,
}

impl Shared {
    fn lang(&self) -> Lang {
        if self.chinese.load(Ordering::Relaxed) { Lang::Zh } else { Lang::En }
    }
}

/// A lock that outlives a panic: what it guards is replaced whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The worker as the server sees it.
pub struct Worker {
    tasks: Sender<Task>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread, which sends through `send`. Without a thread nothing is checked, and requests have no answer.
    pub fn start(send: impl Fn(Message) + Send + 'static, lang: Lang, folders: Vec<PathBuf>) -> Worker {
        let (tasks, received) = channel();
        let shared = Arc::new(Shared { chinese: AtomicBool::new(lang == Lang::Zh), ..Shared::default() });
        let bench = Bench { shared: Arc::clone(&shared), send: Box::new(send), folders, waiting: HashMap::new() };
        let thread = std::thread::Builder::new().name("check".to_owned()).stack_size(STACK_BYTES);
        Worker { tasks, shared, thread: thread.spawn(move || bench.run(&received)).ok() }
    }

    /// Hands over a task.
    pub fn give(&self, task: Task) {
        if let Task::Ask(asked) = &task {
            locked(&self.shared.pending).insert(asked.request.id.clone());
        }
        // The thread ends with the server only.
        let _ = self.tasks.send(task);
    }

    /// Lets a request go that has not been begun.
    pub fn cancel(&self, id: &RequestId) {
        locked(&self.shared.pending).remove(id);
    }

    /// The latest check of a document.
    pub fn latest(&self, address: &str) -> Option<Arc<Analysis>> {
        locked(&self.shared.latest).get(address).cloned()
    }

    /// The language of texts.
    pub fn lang(&self) -> Lang {
        self.shared.lang()
    }

    /// Changes the language, also of what has been published.
    pub fn speak(&self, lang: Lang, open: impl Iterator<Item = Snapshot>) {
        self.shared.chinese.store(lang == Lang::Zh, Ordering::Relaxed);
        open.for_each(|snapshot| self.give(Task::Check(snapshot)));
    }

    /// Lets the thread finish what it was given, and ends it.
    pub fn stop(self) {
        drop(self.tasks);
        if let Some(thread) = self.thread {
            let _ = thread.join();
        }
    }
}

/// The worker as it works.
struct Bench {
    shared: Arc<Shared>,
    send: Box<dyn Fn(Message) + Send>,
    /// Further folders of packages.
    folders: Vec<PathBuf>,
    /// Changed texts, each with the instant at which it is checked.
    waiting: HashMap<String, (Snapshot, Instant)>,
}

impl Bench {
    fn run(mut self, tasks: &Receiver<Task>) {
        loop {
            let due = self.waiting.values().map(|(_, due)| *due).min();
            let task = match due {
                None => tasks.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => tasks.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match task {
                Ok(Task::Check(snapshot)) => drop(self.waiting.insert(snapshot.uri.0.clone(), (snapshot, Instant::now() + PAUSE))),
                Ok(Task::Ask(asked)) => self.answer(asked),
                Ok(Task::Close(snapshot)) => self.close(snapshot),
                Err(RecvTimeoutError::Timeout) => self.check_due(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn check_due(&mut self) {
        let now = Instant::now();
        let due: Vec<String> = self.waiting.iter().filter(|(_, (_, due))| *due <= now).map(|(address, _)| address.clone()).collect();
        for (snapshot, _) in due.iter().filter_map(|address| self.waiting.remove(address)).collect::<Vec<_>>() {
            if let Some(analysis) = self.analysis(&snapshot) {
                let found = mistakes::published(&analysis, &snapshot.uri, self.shared.lang());
                self.publish(snapshot, found);
            }
        }
    }

    fn close(&mut self, snapshot: Snapshot) {
        self.waiting.remove(&snapshot.uri.0);
        locked(&self.shared.latest).remove(&snapshot.uri.0);
        self.publish(snapshot, Vec::new());
    }

    fn publish(&self, snapshot: Snapshot, diagnostics: Vec<gen_lsp_types::Diagnostic>) {
        let params = PublishDiagnosticsParams { uri: snapshot.uri, version: Some(snapshot.version), diagnostics };
        (self.send)(Notification::new("textDocument/publishDiagnostics".to_owned(), params).into());
    }

    /// The check of a text, made now unless it is the latest one. None when the checker itself failed.
    fn analysis(&self, snapshot: &Snapshot) -> Option<Arc<Analysis>> {
        let latest = locked(&self.shared.latest).get(&snapshot.uri.0).cloned();
        if let Some(latest) = latest.filter(|latest| Arc::ptr_eq(&latest.text, &snapshot.text)) {
            return Some(latest);
        }
        // One text that the checker breaks on must not end the session: the next one is probably fine.
        let check = || {
            let behind = Behind::of(&snapshot.text, &snapshot.uri, &self.folders);
            Arc::new(Analysis::of(Arc::clone(&snapshot.text), Arc::new(behind)))
        };
        let analysis = catch_unwind(AssertUnwindSafe(check)).ok()?;
        locked(&self.shared.latest).insert(snapshot.uri.0.clone(), Arc::clone(&analysis));
        Some(analysis)
    }

    fn answer(&self, asked: Asked) {
        let id = asked.request.id.clone();
        let result = if locked(&self.shared.pending).remove(&id) {
            let answered = catch_unwind(AssertUnwindSafe(|| self.answered(asked)));
            answered.unwrap_or_else(|_| Err(refused(ErrorCode::InternalError, "the server failed on this text".to_owned())))
        } else {
            Err(refused(ErrorCode::RequestCanceled, "cancelled".to_owned()))
        };
        (self.send)(Response { id, response_result: result }.into());
    }

    fn answered(&self, asked: Asked) -> Result<Value, ResponseError> {
        let Asked { request, snapshot } = asked;
        let (uri, lang) = (&snapshot.uri, self.shared.lang());
        let analysis = self.analysis(&snapshot);
        let analysis = analysis.ok_or_else(|| refused(ErrorCode::InternalError, "the server failed on this text".to_owned()))?;
        match request.method.as_str() {
            COMPLETION => ask(request, |params: CompletionParams| {
                complete::complete(&analysis.text, params.text_document_position_params.position, &analysis, lang)
            }),
            "textDocument/hover" => {
                ask(request, |params: HoverParams| hover::hover(&analysis, params.text_document_position_params.position, lang))
            }
            "textDocument/definition" => {
                ask(request, |params: DefinitionParams| names::definition(&analysis, uri, params.text_document_position_params.position))
            }
            "textDocument/references" => ask(request, |params: ReferenceParams| {
                names::references(&analysis, uri, params.text_document_position_params.position, params.context.include_declaration)
            }),
            "textDocument/documentHighlight" => {
                ask(request, |params: DocumentHighlightParams| names::highlights(&analysis, params.text_document_position_params.position))
            }
            "textDocument/documentSymbol" => ask(request, |_: DocumentSymbolParams| symbols::symbols(&analysis, lang)),
            "textDocument/formatting" => ask(request, |_: gen_lsp_types::DocumentFormattingParams| layout::edits(&analysis.text)),
            "textDocument/prepareRename" => try_ask(request, lang, |params: PrepareRenameParams| {
                names::renamed_place(&analysis, params.text_document_position_params.position)
            }),
            "textDocument/rename" => try_ask(request, lang, |params: RenameParams| {
                names::rename(&analysis, uri, params.text_document_position_params.position, &params.new_name)
            }),
            _ => ask(request, |params: CodeActionParams| mistakes::mends(&analysis, uri, params.range, lang)),
        }
    }
}

fn ask<P: DeserializeOwned, R: Serialize>(request: Request, answer: impl FnOnce(P) -> R) -> Result<Value, ResponseError> {
    try_ask(request, Lang::En, |params| Ok(answer(params)))
}

fn try_ask<P: DeserializeOwned, R: Serialize>(
    request: Request,
    lang: Lang,
    answer: impl FnOnce(P) -> Result<R, Diagnostic>,
) -> Result<Value, ResponseError> {
    let params = serde_json::from_value(request.params).map_err(|error| refused(ErrorCode::InvalidParams, error.to_string()))?;
    let answer = answer(params).map_err(|diagnostic| refused(ErrorCode::RequestFailed, told(&diagnostic, lang)))?;
    serde_json::to_value(answer).map_err(|error| refused(ErrorCode::InternalError, error.to_string()))
}

/// A mistake on one line, as editors show it.
fn told(diagnostic: &Diagnostic, lang: Lang) -> String {
    format!("{}: {} ({})", diagnostic.code.id, diagnostic.message(lang), diagnostic.help(lang))
}

fn refused(code: ErrorCode, message: String) -> ResponseError {
    ResponseError { code: code as i32, message, data: None }
}
