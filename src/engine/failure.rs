//! What goes wrong below, as a diagnostic for people.

use crate::diagnostic::Diagnostic;
use crate::diagnostic::codes::store as codes;
use crate::eval::Fault;
use crate::store::StoreError;

impl From<StoreError> for Diagnostic {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Io(reason) => Diagnostic::general(&codes::UNAVAILABLE).arg("reason", reason),
            StoreError::Damaged(reason) => Diagnostic::general(&codes::DAMAGED).arg("reason", reason),
            StoreError::AlreadyOpen(path) => Diagnostic::general(&codes::ALREADY_OPEN).arg("path", path),
            StoreError::Missing(path) => Diagnostic::general(&codes::MISSING).arg("path", path),
            StoreError::Newer(format) => Diagnostic::general(&codes::NEWER).arg("format", format),
            StoreError::Unknown(what, id) => Diagnostic::general(&codes::UNKNOWN_ID).what(what).arg("id", id),
        }
    }
}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Damaged(reason) => Diagnostic::general(&codes::DAMAGED).arg("reason", reason),
            Fault::Unreadable(reason) => Diagnostic::general(&codes::UNAVAILABLE).arg("reason", reason),
        }
    }
}
