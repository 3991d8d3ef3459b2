//! Refusals of what never became a request.
//!
//! 1. hyper answers a head that it cannot read with a bare status. [`Io`], between hyper and the socket, holds that answer
//!    back and keeps its status.
//! 2. When the connection has ended, [`refuse`] says what was wrong as a problem. It also answers what hyper ends without
//!    a word: a head that did not come in time or whole, and the preface of HTTP/2.
//! 3. What the peer still sends is read for a moment: closed before, the connection would look broken and the answer lost.

use super::Limits;
use super::problem::Problem;
use super::shell;
use crate::diagnostic::codes::api as codes;
use crate::diagnostic::{Diagnostic, Thing, Words};
use axum::body::to_bytes;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, DATE};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The most headers of a request.
pub const HEADERS_MAX: usize = 64;
/// The most bytes of the head of a request.
pub const HEAD_MAX: usize = 64 * 1024;

/// How long, and how many bytes of, what follows a refused head are read and thrown away.
const DISCARDED: (Duration, u64) = (Duration::from_secs(1), 8 << 20);

/// A socket that holds back the answers hyper makes by itself.
pub struct Io {
    socket: TokioIo<TcpStream>,
    /// All that was written has been flushed: the next write begins with the head of an answer.
    at_head: bool,
    held_back: Option<StatusCode>,
}

impl Io {
    /// Around a socket.
    pub fn new(socket: TcpStream) -> Io {
        Io { socket: TokioIo::new(socket), at_head: true, held_back: None }
    }

    /// True when these bytes are an answer of hyper's own; they are not written then.
    fn holds_back(&mut self, bytes: &[u8]) -> bool {
        if self.at_head && self.held_back.is_none() {
            self.held_back = bare_status(bytes);
        }
        self.held_back.is_some()
    }
}

/// The status of an answer that hyper made by itself: an error whose head is all, with no other headers than those hyper
/// adds. Every answer of ours has at least a content type.
fn bare_status(bytes: &[u8]) -> Option<StatusCode> {
    let status = StatusCode::from_bytes(bytes.get(9..12)?).ok()?;
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let mut lines = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?.split("\r\n");
    let added = |line: &str| {
        let name = line.split_once(':').map_or(line, |(name, _)| name);
        [CONNECTION, CONTENT_LENGTH, DATE].iter().any(|one| name.eq_ignore_ascii_case(one.as_str()))
    };
    (lines.next()?.starts_with("HTTP/1.") && lines.all(added)).then_some(status)
}

impl Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.holds_back(buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        self.at_head = false;
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        // What hyper writes by itself is one piece; a head and its body are several.
        if let [only] = bufs
            && self.holds_back(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        self.at_head = false;
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes when nothing is left to be written.
        ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
        self.at_head = true;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.held_back.is_some() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// Answers, after a connection has ended with an error, the head that was the reason. `unread` is what had come of it.
pub async fn refuse(io: Io, unread: &[u8], error: &hyper::Error, limits: &Limits) {
    let Some(problem) = problem(io.held_back, unread, error, limits) else { return };
    let mut socket = io.socket.into_inner();
    let answer = written(problem).await;
    let told = async {
        socket.write_all(&answer).await?;
        socket.shutdown().await?;
        let (_, most) = DISCARDED;
        tokio::io::copy(&mut socket.take(most), &mut tokio::io::sink()).await
    };
    // Whoever does not listen is not waited for, and whoever has gone away need not be told.
    let _ = tokio::time::timeout(DISCARDED.0, told).await;
}

/// What was wrong with the head; None when there is nobody to tell.
fn problem(held_back: Option<StatusCode>, unread: &[u8], error: &hyper::Error, limits: &Limits) -> Option<Problem> {
    let uri_ends = unread.len() < HEAD_MAX || unread.iter().take(HEAD_MAX).any(|byte| *byte == b'\n');
    let (status, diagnostic) = match held_back {
        Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) if uri_ends => {
            let diagnostic = Diagnostic::general(&codes::HEAD_TOO_LARGE).arg("headers", HEADERS_MAX).arg("bytes", HEAD_MAX);
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, diagnostic)
        }
        Some(StatusCode::URI_TOO_LONG | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) => {
            (StatusCode::URI_TOO_LONG, Diagnostic::general(&codes::URI_TOO_LONG).arg("bytes", HEAD_MAX))
        }
        Some(status) => (status, Diagnostic::general(&codes::HEAD_WRONG).reason(Words::foreign("格式有误", error))),
        // Nothing was asked: the connection was idle, or broke.
        None if unread.is_empty() => return None,
        None if error.is_timeout() => {
            let limit_s = limits.head_timeout.as_secs();
            (StatusCode::REQUEST_TIMEOUT, Diagnostic::general(&codes::TIMEOUT).what(Thing::Head).arg("limit_s", limit_s))
        }
        None if error.is_parse() || error.is_incomplete_message() => {
            (StatusCode::BAD_REQUEST, Diagnostic::general(&codes::HEAD_WRONG).reason(Words::foreign("格式有误", error)))
        }
        None => return None,
    };
    Some(Problem::new(status, &diagnostic))
}

/// The answer as bytes; it is the last one of its connection.
async fn written(problem: Problem) -> Vec<u8> {
    let (parts, body) = shell::unasked(problem).into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend_from_slice(format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_what_hyper_says_by_itself_is_bare() {
        let date = "date: Tue, 10 Mar 2026 12:00:00 GMT\r\n";
        for (head, status) in [
            (format!("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n{date}\r\n"), Some(400)),
            (format!("HTTP/1.0 431 Request Header Fields Too Large\r\ncontent-length: 0\r\n{date}\r\n"), Some(431)),
            (format!("HTTP/1.1 414 URI Too Long\r\n{date}\r\n"), Some(414)),
            (format!("HTTP/1.1 204 No Content\r\n{date}\r\n"), None),
            ("HTTP/1.1 100 Continue\r\n\r\n".to_owned(), None),
            (format!("HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\ncontent-length: 0\r\n{date}\r\n"), None),
            (format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n{date}\r\n{{}}"), None),
            ("a line\r\n400 more\r\n\r\n".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(bare_status(head.as_bytes()).map(|status| status.as_u16()), status, "{head}");
        }
    }

    #[tokio::test]
    async fn bytes_of_a_body_are_never_held_back() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (socket, peer) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (mut io, (mut peer, _)) = (Io::new(socket.unwrap()), peer.unwrap());
        let bare = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
        let write = async |io: &mut Io, bytes: &[u8]| {
            assert_eq!(std::future::poll_fn(|cx| Pin::new(&mut *io).poll_write(cx, bytes)).await.unwrap(), bytes.len());
        };
        write(&mut io, b"HTTP/1.1 200 OK\r\n\r\n").await;
        write(&mut io, bare).await;
        assert_eq!(io.held_back, None);
        std::future::poll_fn(|cx| Pin::new(&mut io).poll_flush(cx)).await.unwrap();
        write(&mut io, bare).await;
        assert_eq!(io.held_back, Some(StatusCode::BAD_REQUEST));
        drop(io);
        let mut seen = Vec::new();
        peer.read_to_end(&mut seen).await.unwrap();
        assert_eq!(seen, [&b"HTTP/1.1 200 OK\r\n\r\n"[..], bare].concat());
    }
}
