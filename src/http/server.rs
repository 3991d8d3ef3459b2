//! The sockets: connections in, requests to the router.
//!
//! 1. [`serve`] accepts connections, at most so many at once; the others wait in the queue of the system.
//! 2. hyper reads requests. A head that does not come in time ends the connection: nobody can hold one for nothing. What
//!    cannot be read as a request is refused by [`bare`].
//! 3. At the end no connection is accepted any more, and those in use may finish what they are at.

use super::bare::{self, Io};
use super::{App, Limits, routes};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// How long the last requests may take after the end was announced.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until `shutdown` resolves. Everything acknowledged before is durable; the engine is closed by the caller.
///
/// # Errors
/// When the address of the listener cannot be read.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) -> std::io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!(%address, "serving");
    let connections = Arc::new(Semaphore::new(app.limits.connections));
    let service = routes::router(Arc::clone(&app));
    let (stop, stopping) = watch::channel(());
    tokio::pin!(shutdown);
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&connections).acquire_owned() => permit,
            () = &mut shutdown => break,
        };
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, most often: they come back when connections end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Answers are small and complete: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let talk = converse(stream, service.clone(), app.limits, stopping.clone());
        tokio::spawn(async move {
            talk.await;
            drop(permit);
        });
    }
    drop((listener, stopping));
    let ended = async {
        let _ = stop.send(());
        // Resolves when the last connection has dropped its end.
        stop.closed().await;
    };
    if tokio::time::timeout(FAREWELL, ended).await.is_err() {
        tracing::warn!("some requests were still running at the end");
    }
    Ok(())
}

/// Serves one connection until it ends; after `stopping` it ends with the request that it is at.
async fn converse(stream: TcpStream, service: Router, limits: Limits, mut stopping: watch::Receiver<()>) {
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_headers(bare::HEADERS_MAX)
        .max_header_size(bare::HEAD_MAX)
        .max_buf_size(bare::HEAD_MAX)
        .serve_connection(Io::new(stream), TowerToHyperService::new(service));
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        _ = stopping.changed() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    if let Err(error) = ended {
        let parts = connection.into_parts();
        bare::refuse(parts.io, &parts.read_buf, &error, &limits).await;
    }
}
