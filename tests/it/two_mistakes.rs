//! Two independent mistakes in two statements are both told, and one mistake is told where it stands.
//!
//! 1. [`TEXT`] has every kind of statement. Its [`Piece`]s are the heads and statements.
//! 2. A [`Mistake`] changes a token or two of a piece; [`SEED`] chooses which, so that every run makes the same ones.
//! 3. Alone, every error of a mistake stands in its declaration.
//! 4. Of two mistakes in two pieces each has an error told when both are made, but for [`hidden`].

use std::cell::Cell;
use std::collections::BTreeSet;

use steelyard::compile::check;
use steelyard::diagnostic::render::Lines;
use steelyard::syntax::outline::{Outline, Range};
use steelyard::syntax::tokens::Kind;

/// A ruleset with every kind of statement.
const TEXT: &str = include_str!("two_mistakes/every_statement.kpi");

/// How many mistakes are made in each piece, and with how many others each is joined.
const MISTAKES_PER_PIECE: usize = 5;
const PAIRS_PER_MISTAKE: usize = 2;

/// Chooses the mistakes and the pairs.
const SEED: u64 = 20_260_301;

/// Marks and how a Chinese keyboard writes them.
const FULL_WIDTH: &[(&str, &str)] =
    &[(",", "，"), ("(", "（"), (")", "）"), ("{", "｛"), ("}", "｝"), (":", "："), (">", "＞"), ("=", "＝")];

/// A head or a statement.
struct Piece {
    /// The number of its declaration.
    declaration: usize,
    /// The bytes of that.
    whole: Range,
    /// Its own bytes.
    span: Range,
    is_head: bool,
    tokens: Vec<(Kind, Range)>,
}

/// A change of the text in one piece, and the errors it gives alone.
struct Mistake {
    piece: usize,
    at: Range,
    with: String,
    /// True when the name of a declaration or field is touched.
    nameless: bool,
    told: Vec<Told>,
}

/// The code of an error and its place.
type Told = (&'static str, usize);

impl Mistake {
    fn grows(&self) -> isize {
        self.with.len() as isize - self.at.len() as isize
    }

    /// Where a place of the text with this mistake lies when `other` is made too.
    fn moved(&self, place: usize, other: &Mistake) -> usize {
        let shift = if self.at.start < other.at.start { self.grows() } else { 0 };
        let other_start = other.at.start.wrapping_add_signed(shift);
        if place > other_start { place.wrapping_add_signed(other.grows()) } else { place }
    }

    /// The errors inside `span`, which encloses this mistake.
    fn told_in(&self, span: &Range) -> Vec<Told> {
        let end = span.end.wrapping_add_signed(self.grows());
        self.told.iter().copied().filter(|(_, place)| (span.start..=end).contains(place)).collect()
    }
}

fn pieces() -> Vec<Piece> {
    let outline = Outline::new(TEXT);
    let mut pieces = Vec::new();
    for (declaration, found) in outline.declarations.iter().enumerate() {
        let head = outline.span(&found.head).range();
        let close = found.block.as_ref().and_then(|block| outline.token(block.close));
        let whole = head.start..close.map_or(head.end, |close| close.end);
        let statements = found.block.iter().flat_map(|block| &block.statements);
        for (nth, range) in std::iter::once(&found.head).chain(statements).enumerate() {
            let tokens = outline.tokens[range.clone()].iter().filter(|token| token.is_solid() && token.kind != Kind::Row);
            let tokens = tokens.map(|token| (token.kind, token.start..token.end)).collect();
            pieces.push(Piece { declaration, whole: whole.clone(), span: outline.span(range).range(), is_head: nth == 0, tokens });
        }
    }
    pieces
}

/// Every mistake that is made in a piece: a token dropped, doubled, misspelt, swapped with the next, in full width, in
/// another unit, or without its quote.
fn mistakes(piece: usize, found: &Piece) -> Vec<Mistake> {
    let mut all = Vec::new();
    for (nth, (kind, at)) in found.tokens.iter().enumerate() {
        let token = &TEXT[at.clone()];
        let next = found.tokens.get(nth + 1).map(|(_, next)| next.clone());
        let is_field = !found.is_head && TEXT[found.whole.clone()].starts_with("event");
        let nameless = found.is_head && nth < 2 || is_field && nth == 0;
        let mut add = |at: Range, with: String| {
            if TEXT[at.clone()] != *with {
                all.push(Mistake { piece, at, with, nameless, told: Vec::new() });
            }
        };
        // The blanks behind the first word of a declaration go too, so that the next word begins the line.
        let gone = next.as_ref().filter(|_| found.is_head && nth == 0).map_or(at.end, |next| next.start);
        // What is no longer optional is wanted elsewhere, and a param in another unit is wrong where it is used.
        let is_meant = token == "optional" || token == "%" && TEXT[found.whole.clone()].starts_with("param");
        if !is_meant {
            add(at.start..gone, String::new());
        }
        add(at.clone(), format!("{token} {token}"));
        if let Some(next) = next {
            add(at.start..next.end, format!("{}{}{token}", &TEXT[next.clone()], &TEXT[at.end..next.start]));
        }
        match kind {
            // A declared name that is written otherwise makes mistakes of all its uses.
            Kind::Word if token.len() > 3 && !nameless => {
                add(at.clone(), format!("{}{}", &token[..token.len() / 2], &token[token.len() / 2 + 1..]));
            }
            Kind::Number => [" EUR", "%", " days"].into_iter().for_each(|unit| add(at.clone(), format!("{token}{unit}"))),
            Kind::Text => [at.start, at.end - 1].into_iter().for_each(|quote| add(quote..quote + 1, String::new())),
            _ => {}
        }
        if let Some((_, wide)) = FULL_WIDTH.iter().find(|(mark, _)| *mark == token) {
            add(at.clone(), (*wide).to_owned());
        }
    }
    all
}

/// The errors of the text with these mistakes.
fn told(mistakes: &[&Mistake]) -> Vec<Told> {
    let mut sorted = mistakes.to_vec();
    sorted.sort_by_key(|mistake| std::cmp::Reverse(mistake.at.start));
    let mut text = TEXT.to_owned();
    for mistake in sorted {
        text.replace_range(mistake.at.clone(), &mistake.with);
    }
    let diagnostics = check(&text).diagnostics;
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    errors.map(|error| (error.code.id, error.span.map_or(0, |span| span.start as usize))).collect()
}

/// Each declaration with all those that its text speaks of, directly or not.
fn needs(pieces: &[Piece]) -> Vec<BTreeSet<usize>> {
    let mut heads: Vec<&Piece> = pieces.iter().filter(|piece| piece.is_head).collect();
    heads.sort_by_key(|piece| piece.declaration);
    let name = |head: &Piece| &TEXT[head.tokens[1].1.clone()];
    let speaks = |of: &str, name: &str| of.split(|c: char| c != '_' && !c.is_alphanumeric()).any(|word| word == name);
    let direct =
        |head: &&Piece| heads.iter().filter(|other| speaks(&TEXT[head.whole.clone()], name(other))).map(|o| o.declaration).collect();
    let mut needs: Vec<BTreeSet<usize>> = heads.iter().map(direct).collect();
    for _ in 0..heads.len() {
        needs = needs.iter().map(|own| own.iter().flat_map(|need| needs[*need].clone()).chain(own.clone()).collect()).collect();
    }
    needs
}

/// What cannot be told before the other mistake is mended: that units differ where one of them stands on what could not
/// be read, and that a name means nothing while the name of a declaration is missing.
fn hidden(code: &str, one: &Piece, other: &Piece, other_is_nameless: bool, needs: &[BTreeSet<usize>]) -> bool {
    let stands_on = needs[one.declaration].contains(&other.declaration);
    // The currency and the zone of the header are in every amount and time.
    let about_units = ("SY0226".."SY0299").contains(&code) && (stands_on || other.declaration == 0);
    let about_names = ("SY0201".."SY0209").contains(&code) || code == "SY0283";
    about_units || about_names && other_is_nameless
}

/// The next number of a sequence that looks like chance.
fn random(state: &Cell<u64>, below: usize) -> usize {
    state.set(state.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    (state.get() >> 33) as usize % below.max(1)
}

/// Some mistakes of every piece, each with what it gives alone. What is right after all, such as `20 EUR` in a table, is
/// left out.
fn chosen(pieces: &[Piece], state: &Cell<u64>) -> Vec<Mistake> {
    let mut chosen = Vec::new();
    for (piece, found) in pieces.iter().enumerate() {
        let mut all = mistakes(piece, found);
        for _ in 0..MISTAKES_PER_PIECE.min(all.len()) {
            let mut mistake = all.swap_remove(random(state, all.len()));
            mistake.told = told(&[&mistake]);
            chosen.push(mistake);
        }
    }
    chosen.retain(|mistake| !mistake.told.is_empty());
    chosen
}

fn described(mistakes: &[&Mistake], told: &[Told]) -> String {
    let lines = Lines::new(TEXT);
    let made = |mistake: &&Mistake| {
        let (line, column) = lines.line_column(mistake.at.start);
        format!("{line}:{column} `{}` -> `{}`", &TEXT[mistake.at.clone()], mistake.with)
    };
    format!("{}: {told:?}", mistakes.iter().map(made).collect::<Vec<_>>().join(" and "))
}

#[test]
fn the_text_is_right() {
    let errors: Vec<_> = check(TEXT).diagnostics.into_iter().filter(|diagnostic| diagnostic.is_error()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn one_mistake_is_told_in_its_own_declaration() {
    let pieces = pieces();
    let state = Cell::new(SEED);
    let mut wrong = Vec::new();
    for mistake in chosen(&pieces, &state) {
        if mistake.told_in(&pieces[mistake.piece].whole).len() < mistake.told.len() {
            wrong.push(described(&[&mistake], &mistake.told));
        }
    }
    assert!(wrong.is_empty(), "{} told elsewhere:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn two_mistakes_in_two_statements_are_both_told() {
    let pieces = pieces();
    let state = Cell::new(SEED);
    let needs = needs(&pieces);
    let mistakes = chosen(&pieces, &state);
    let mut wrong = Vec::new();
    for one in &mistakes {
        for _ in 0..PAIRS_PER_MISTAKE {
            let other = &mistakes[random(&state, mistakes.len())];
            if one.piece == other.piece {
                continue;
            }
            let both = told(&[one, other]);
            for (one, other) in [(one, other), (other, one)] {
                let (piece, other_piece) = (&pieces[one.piece], &pieces[other.piece]);
                let own = one.told_in(&piece.span);
                let own = if own.is_empty() { one.told.clone() } else { own };
                let is_told = own.iter().any(|(code, place)| both.contains(&(*code, one.moved(*place, other))));
                if !is_told && !hidden(own[0].0, piece, other_piece, other.nameless, &needs) {
                    wrong.push(described(&[one, other], &both));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} lost:\n{}", wrong.len(), wrong.join("\n"));
}
