//! Draws diagnostics under the source text, with exact columns for wide characters.
