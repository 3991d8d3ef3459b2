//! What goes wrong below, as a diagnostic for people.

use crate::diagnostic::codes::store as codes;
use crate::diagnostic::{Diagnostic, Words};
use crate::eval::Fault;
use crate::store::StoreError;

impl From<StoreError> for Diagnostic {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Io(reason) => Diagnostic::general(&codes::UNAVAILABLE).reason(reason),
            StoreError::Damaged(reason) => Diagnostic::general(&codes::DAMAGED).reason(reason),
            StoreError::AlreadyOpen(path) => Diagnostic::general(&codes::ALREADY_OPEN).arg("path", path),
            StoreError::Missing(path) => Diagnostic::general(&codes::MISSING).arg("path", path),
            StoreError::Newer(format) => Diagnostic::general(&codes::NEWER).arg("format", format),
            StoreError::Older(format) => Diagnostic::general(&codes::OLDER).arg("format", format),
            StoreError::Unknown(what, id) => Diagnostic::general(&codes::UNKNOWN_ID).what(what).arg("id", id),
        }
    }
}

impl From<Fault> for Diagnostic {
    fn from(fault: Fault) -> Self {
        let code = match &fault {
            Fault::Damaged(_) => &codes::DAMAGED,
            Fault::Unreadable(_) => &codes::UNAVAILABLE,
        };
        Diagnostic::general(code).reason(&fault)
    }
}

impl From<&Fault> for Words {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::Damaged(text) => Words::foreign("内容与写入时不符", text),
            Fault::Unreadable(text) => Words::foreign("当前无法读取", text),
        }
    }
}
