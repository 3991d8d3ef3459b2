//! Draws diagnostics under the source text, with exact columns for wide characters.
//!
//! 1. [`Lines`] finds lines and columns; a column counts characters, as editors do.
//! 2. A text may be put together from several files, each a [`Sheet`]: places are told in the file they lie in.
//! 3. [`render`] draws each diagnostic: the message, the lines it is about with every place marked, then what to do,
//!    with the mended lines where a fix is known.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet, normalize_untrusted_str};

use super::{Diagnostic, Lang, Span};

/// The most bytes of text that are drawn at one place. Of a line that is longer only the place is told.
const DRAWN_BYTES_MAX: usize = 16 << 10;

/// The lines of a text.
pub struct Lines<'t> {
    text: &'t str,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    /// Finds the lines of `text`.
    pub fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { text, starts }
    }

    /// Line and column of a byte offset, both from 1. A column counts characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = self.text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        (line, self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1)
    }

    /// The whole lines that `span` touches and the number of the first; None when that is too much to draw.
    fn around(&self, span: Span) -> Option<(usize, std::ops::Range<usize>)> {
        let (first, _) = self.line_column(span.start as usize);
        let (last, _) = self.line_column(span.end as usize);
        let start = self.starts.get(first - 1).copied().unwrap_or(0);
        let range = start..self.starts.get(last).copied().unwrap_or(self.text.len());
        (range.len() <= DRAWN_BYTES_MAX).then_some((first, range))
    }
}

/// Line and column of a byte offset, both from 1. A column counts characters.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    Lines::new(text).line_column(offset)
}

/// A file that is a part of a text.
pub struct Sheet<'t> {
    name: &'t str,
    lines: Lines<'t>,
    /// Where it begins in the text.
    start: usize,
}

impl<'t> Sheet<'t> {
    /// The file that people know as `name`, which begins at `start` of the whole.
    pub fn new(name: &'t str, text: &'t str, start: usize) -> Self {
        Sheet { name, lines: Lines::new(text), start }
    }

    /// What people call it.
    pub fn name(&self) -> &'t str {
        self.name
    }

    /// Where it begins in the whole text.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Line and column of a place of the whole text.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        self.lines.line_column(self.own(span).start as usize)
    }

    /// A place of the whole text, counted from the beginning of the file.
    fn own(&self, span: Span) -> Span {
        let own = |offset: u32| (offset as usize).saturating_sub(self.start);
        Span::new(own(span.start), own(span.end))
    }
}

/// The file that a place lies in.
pub fn sheet_of<'s, 't>(sheets: &'s [Sheet<'t>], span: Span) -> Option<&'s Sheet<'t>> {
    sheets.iter().rev().find(|sheet| sheet.start <= span.start as usize)
}

/// Draws `diagnostics` about `text`, which people know as `name`, one below the other.
pub fn render<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>, name: &str, text: &str, lang: Lang, color: bool) -> String {
    render_sheets(diagnostics, &[Sheet::new(name, text, 0)], lang, color)
}

/// Draws `diagnostics` about a text of several files.
pub fn render_sheets<'d>(diagnostics: impl IntoIterator<Item = &'d Diagnostic>, sheets: &[Sheet<'_>], lang: Lang, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Unicode);
    let mut drawn = String::new();
    for diagnostic in diagnostics {
        drawn.push_str(&renderer.render(&groups(diagnostic, sheets, lang)));
        drawn.push_str("\n\n");
    }
    drawn
}

fn groups<'a>(diagnostic: &Diagnostic, sheets: &[Sheet<'a>], lang: Lang) -> Vec<Group<'a>> {
    let level = match (diagnostic.is_error(), lang) {
        (true, Lang::En) => Level::ERROR,
        (true, Lang::Zh) => Level::ERROR.with_name("错误"),
        (false, Lang::En) => Level::WARNING,
        (false, Lang::Zh) => Level::WARNING.with_name("警告"),
    };
    let title = level.primary_title(diagnostic.message(lang)).id(diagnostic.code.id);
    let mut group = Group::with_title(title);
    for element in marked(diagnostic, sheets, lang) {
        group = group.element(element);
    }
    let help_level = || if lang == Lang::Zh { Level::HELP.with_name("建议") } else { Level::HELP };
    let help = normalize_untrusted_str(&diagnostic.help(lang));
    let Some(mended) = mended(diagnostic, sheets) else {
        if !help.is_empty() {
            group = group.element(help_level().message(help));
        }
        return vec![group];
    };
    let help = if help.is_empty() { pick(lang, "write", "请写").to_owned() } else { help };
    let mended = Group::with_title(help_level().secondary_title(help)).element(mended);
    vec![group, mended]
}

/// A place of the whole text, how it is marked, and what is said there.
type Place<'a> = (Span, AnnotationKind, Option<&'a str>);

/// The lines of every place of the diagnostic, marked: those of one file together, unless they are far apart.
fn marked<'a>(diagnostic: &Diagnostic, sheets: &[Sheet<'a>], lang: Lang) -> Vec<Element<'a>> {
    let primary = diagnostic.span.map(|span| (span, AnnotationKind::Primary, None));
    let related = diagnostic.related.iter().map(|(span, en, zh)| (*span, AnnotationKind::Context, Some(pick(lang, en, zh))));
    let mut files: Vec<(&Sheet<'a>, Vec<Place<'a>>)> = Vec::new();
    for place in primary.into_iter().chain(related) {
        let Some(sheet) = sheet_of(sheets, place.0) else { continue };
        match files.iter_mut().find(|(known, _)| known.start == sheet.start) {
            Some((_, places)) => places.push(place),
            None => files.push((sheet, vec![place])),
        }
    }
    let elements = files.iter().flat_map(|(sheet, places)| {
        drawn(places, sheet).map_or_else(|| places.iter().map(|place| alone(*place, sheet)).collect(), |all| vec![all])
    });
    elements.collect()
}

/// Places of one file in their lines; None when that is too much to draw.
fn drawn<'a>(places: &[Place<'a>], sheet: &Sheet<'a>) -> Option<Element<'a>> {
    let lines = &sheet.lines;
    let whole = places.iter().map(|(span, ..)| sheet.own(*span)).reduce(Span::to)?;
    let (line, range) = lines.around(whole)?;
    let snippet = Snippet::source(&lines.text[range.clone()]).line_start(line).path(sheet.name);
    let annotations = places.iter().map(|(span, kind, label)| kind.span(inside(sheet.own(*span), &range, lines.text)).label(*label));
    Some(snippet.annotations(annotations).into())
}

/// One place in its line, or only where that is.
fn alone<'a>(place: Place<'a>, sheet: &Sheet<'a>) -> Element<'a> {
    drawn(&[place], sheet).unwrap_or_else(|| {
        let (line, column) = sheet.line_column(place.0);
        Origin::path(sheet.name).line(line).char_column(column).into()
    })
}

/// The lines as the fixes make them; None without a fix, or when that is too much to draw.
fn mended<'a>(diagnostic: &Diagnostic, sheets: &[Sheet<'a>]) -> Option<Snippet<'a, Patch<'a>>> {
    let sheet = sheet_of(sheets, diagnostic.fixes.first()?.span)?;
    let lines = &sheet.lines;
    let whole = diagnostic.fixes.iter().map(|fix| sheet.own(fix.span)).reduce(Span::to)?;
    let (line, range) = lines.around(whole)?;
    let patches = diagnostic.fixes.iter().map(|fix| Patch::new(inside(sheet.own(fix.span), &range, lines.text), fix.replacement.clone()));
    Some(Snippet::source(&lines.text[range.clone()]).line_start(line).patches(patches))
}

/// `span` counted from the start of `range`, on whole characters and within it.
fn inside(span: Span, range: &std::ops::Range<usize>, text: &str) -> std::ops::Range<usize> {
    let at = |offset: u32| text.floor_char_boundary(offset as usize).clamp(range.start, range.end) - range.start;
    at(span.start)..at(span.end).max(at(span.start))
}

fn pick<'a>(lang: Lang, en: &'a str, zh: &'a str) -> &'a str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}
