//! What can go wrong with the files.

use crate::diagnostic::{Lang, Thing, Words};
use std::fmt;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Reading or writing failed: the disk is full, the device broke, or the handle was lost to an earlier failure.
    Io(Words),
    /// The bytes are not what was written: a checksum fails or a record cannot be read.
    Damaged(Words),
    /// Another process has the file open.
    AlreadyOpen(String),
    /// The identity file says that data was here, but the data is gone.
    Missing(String),
    /// The data was written by a later version of the program.
    Newer(u32),
    /// The data was written by an earlier version of the program, and this one does not read it.
    Older(u32),
    /// There is no such thing: what, and its id.
    Unknown(Thing, String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Io(text) => write!(f, "reading or writing failed: {}", text.get(Lang::En)),
            StoreError::Damaged(text) => write!(f, "damaged data: {}", text.get(Lang::En)),
            StoreError::AlreadyOpen(path) => write!(f, "{path} is open in another process"),
            StoreError::Missing(path) => write!(f, "{path} is missing or empty although data was stored there"),
            StoreError::Newer(format) => write!(f, "the data has format {format}, which is later than this program knows"),
            StoreError::Older(format) => write!(f, "the data has format {format}, which is earlier than this program reads"),
            StoreError::Unknown(what, id) => write!(f, "there is no {what} {id}"),
        }
    }
}

impl std::error::Error for StoreError {}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError::Io((&error).into())
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(text) => StoreError::Damaged(Words::foreign("数据库文件有误", text)),
            redb::Error::DatabaseAlreadyOpen => StoreError::AlreadyOpen("the file".to_owned()),
            redb::Error::TableTypeMismatch { .. } | redb::Error::TypeDefinitionChanged { .. } => {
                StoreError::Damaged(Words::foreign("数据表的类型不符", error))
            }
            redb::Error::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => StoreError::Damaged((&error).into()),
            redb::Error::Io(error) => error.into(),
            other => StoreError::Io(Words::foreign("数据库拒绝了操作", other)),
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

from_redb!(
    redb::StorageError,
    redb::CursorError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError,
    redb::SetDurabilityError
);

impl From<StoreError> for crate::eval::Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(text) => crate::eval::Fault::Damaged(text.get(Lang::En).to_owned()),
            StoreError::Newer(_) | StoreError::Older(_) => crate::eval::Fault::Damaged(error.to_string()),
            StoreError::Io(text) => crate::eval::Fault::Unreadable(text.get(Lang::En).to_owned()),
            other => crate::eval::Fault::Unreadable(other.to_string()),
        }
    }
}

/// What cannot be read, and what the library says of it.
pub(super) fn unreadable(en: &str, zh: &str, said: impl fmt::Display) -> Words {
    Words::new(format!("{en} cannot be read: {said}"), format!("无法读取{zh}（原文：{said}）"))
}
