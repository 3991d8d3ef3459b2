//! Text files of any of the encodings that sellers' exports have.
//!
//! 1. A mark at the beginning says UTF-8 or UTF-16. Without one, a text whose beginning is rather Chinese in GB18030 (which
//!    holds GBK and GB2312) than anything in UTF-8 is read as that, and the reader is told so.
//! 2. [`Decoded`] gives the text as UTF-8. What has no meaning in its encoding becomes U+FFFD, which the caller refuses.

use super::super::Stop;
use super::super::output::Output;
use super::HEAD_BYTES;
use crate::diagnostic::{Diagnostic, Lang, codes::cli as codes};
use encoding_rs::{CoderResult, Decoder, Encoding, GB18030, UTF_16BE, UTF_16LE};
use std::io::{BufRead, BufReader, Cursor, Read};

/// The text of a file as UTF-8.
pub fn decoded(path: &str, mut reader: Box<dyn BufRead>, output: Output) -> Result<Box<dyn BufRead>, Stop> {
    let fail = |error: std::io::Error| Stop::usage(Diagnostic::general(&codes::READ_FILE).arg("file", path).reason(&error));
    let head = begun(&mut reader, HEAD_BYTES).map_err(fail)?;
    let found = encoding(&head);
    let whole: Box<dyn BufRead> = Box::new(Cursor::new(head).chain(reader));
    let Some(found) = found else { return Ok(whole) };
    let name = found.name();
    output.note(&match output.lang {
        Lang::En => format!("{path} is read as {name}"),
        Lang::Zh => format!("{path} 按 {name} 编码读取"),
    });
    Ok(Box::new(BufReader::with_capacity(1 << 16, Decoded::new(whole, found))))
}

/// The first bytes of a reader, taken from it.
pub fn begun(reader: &mut Box<dyn BufRead>, bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(bytes as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// The encoding that the first bytes tell; None for UTF-8, which may hold broken characters.
fn encoding(head: &[u8]) -> Option<&'static Encoding> {
    if let Some((marked, _)) = Encoding::for_bom(head) {
        return Some(marked).filter(|marked| *marked == UTF_16LE || *marked == UTF_16BE);
    }
    is_chinese(head).then_some(GB18030)
}

/// True when the bytes have a meaning in GB18030, are mostly characters of GB2312, and would be mostly broken in UTF-8.
/// An accent of Latin-1 with a letter behind it is a Chinese character too, but none of those; Japanese begins with others.
fn is_chinese(head: &[u8]) -> bool {
    let (mut broken, mut whole) = (0, 0);
    for chunk in head.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    let (mut usual, mut unusual) = (0, 0);
    let mut bytes = head.iter();
    while let Some(byte) = bytes.next() {
        if *byte >= 0x81
            && let Some(next) = bytes.next()
        {
            *(if *byte >= 0xA1 && *next >= 0xA1 { &mut usual } else { &mut unusual }) += 1;
        }
    }
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut text = String::with_capacity(decoder.max_utf8_buffer_length(head.len()).unwrap_or(0));
    let (_, _, had_errors) = decoder.decode_to_string(head, &mut text, false);
    broken > whole && usual > 3 * unusual && !had_errors
}

/// A text of another encoding, read as UTF-8.
struct Decoded {
    reader: Box<dyn BufRead>,
    decoder: Decoder,
    /// What is decoded and not read yet begins at `at`.
    text: Vec<u8>,
    at: usize,
    ended: bool,
}

impl Decoded {
    /// Decodes a reader; a mark at its beginning is left out.
    fn new(reader: Box<dyn BufRead>, encoding: &'static Encoding) -> Decoded {
        Decoded { reader, decoder: encoding.new_decoder_with_bom_removal(), text: Vec::new(), at: 0, ended: false }
    }

    /// Decodes the next bytes.
    fn more(&mut self) -> std::io::Result<()> {
        let bytes = self.reader.fill_buf()?;
        let last = bytes.is_empty();
        self.text.resize(self.decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(1 << 16).max(16), 0);
        let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut self.text, last);
        self.reader.consume(read);
        self.text.truncate(written);
        self.at = 0;
        self.ended = last && result == CoderResult::InputEmpty;
        Ok(())
    }
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at >= self.text.len() && !self.ended {
            self.more()?;
        }
        let mut rest = self.text.get(self.at..).unwrap_or_default();
        let n = rest.read(buffer)?;
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{BufReader, Cursor};

    fn decoded(bytes: &[u8]) -> String {
        let encoding = encoding(bytes).unwrap();
        // A small buffer, so that characters are cut.
        let reader = BufReader::with_capacity(3, Cursor::new(bytes.to_vec()));
        let mut text = String::new();
        Decoded::new(Box::new(reader), encoding).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = "订单号,金额\n1,￥12.50\n";
        assert_eq!(encoding(text.as_bytes()), None);
        assert_eq!(encoding(&text.as_bytes()[..4]), None);
        assert_eq!(decoded(&GB18030.encode(text).0), text);
        let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(decoded(&utf16), text);
        // One broken character makes no other encoding; neither do accents of Latin-1, nor Japanese.
        assert_eq!(encoding(&[text.as_bytes(), b"\xB6\xA9"].concat()), None);
        for other in [&b"M\xFCller, Stra\xDFe, caf\xE9 au lait"[..], b"\x92\x8D\x95\xB6\x94\xD4\x8D\x86,\x8B\xE0\x8Az", b"a\x80 \xFF"] {
            assert_eq!(encoding(other), None);
        }
    }
}
