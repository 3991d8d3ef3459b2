//! What can go wrong with the files.

use std::fmt;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Reading or writing failed: the disk is full, the device broke, or the handle was lost to an earlier failure.
    Io(String),
    /// The bytes are not what was written: a checksum fails or a record cannot be read.
    Damaged(String),
    /// Another process has the file open.
    AlreadyOpen(String),
    /// The identity file says that data was here, but the data is gone.
    Missing(String),
    /// The data was written by a later version of the program.
    Newer(u32),
    /// There is no such thing: what, and its id.
    Unknown(&'static str, String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Io(text) => write!(f, "reading or writing failed: {text}"),
            StoreError::Damaged(text) => write!(f, "damaged data: {text}"),
            StoreError::AlreadyOpen(path) => write!(f, "{path} is open in another process"),
            StoreError::Missing(path) => write!(f, "{path} is missing or empty although data was stored there"),
            StoreError::Newer(format) => write!(f, "the data has format {format}, which is later than this program knows"),
            StoreError::Unknown(what, id) => write!(f, "there is no {what} {id}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError::Io(error.to_string())
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(text) => StoreError::Damaged(text),
            redb::Error::DatabaseAlreadyOpen => StoreError::AlreadyOpen("the file".to_owned()),
            redb::Error::TableTypeMismatch { .. } | redb::Error::TypeDefinitionChanged { .. } => StoreError::Damaged(error.to_string()),
            redb::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => StoreError::Damaged(error.to_string()),
            other => StoreError::Io(other.to_string()),
        }
    }
}

/// Every error of redb goes through its common type.
macro_rules! from_redb {
    ($($error:ty),*) => {$(
        impl From<$error> for StoreError {
            fn from(error: $error) -> Self {
                redb::Error::from(error).into()
            }
        }
    )*};
}

from_redb!(redb::StorageError, redb::TableError, redb::TransactionError, redb::CommitError, redb::DatabaseError, redb::SetDurabilityError);

impl From<StoreError> for crate::eval::Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(text) => crate::eval::Fault::Damaged(text),
            StoreError::Newer(_) => crate::eval::Fault::Damaged(error.to_string()),
            StoreError::Io(text) => crate::eval::Fault::Unreadable(text),
            other => crate::eval::Fault::Unreadable(other.to_string()),
        }
    }
}
