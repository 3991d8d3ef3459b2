//! The parser: text to tree, with recovery.
