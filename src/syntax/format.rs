//! The formatter: one canonical layout; keeps every comment.
