//! `steelyard lsp`: the language server of an editor, until the editor leaves.

use super::output::{LangArg, Output};
use super::{Ended, Stop};
use crate::diagnostic::Lang;
use crate::lsp;
use std::path::PathBuf;

/// Runs `lsp`. A language that was asked for stands above the one of the editor.
pub fn run(asked: Option<LangArg>, packages: &[PathBuf], output: Output) -> Result<Ended, Stop> {
    let asked = asked.map(|lang| if lang == LangArg::Zh { Lang::Zh } else { Lang::En });
    lsp::serve(asked, output.lang, packages).map(|()| Ended::Fine).map_err(Stop::input)
}
