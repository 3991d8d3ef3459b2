//! SY01xx: mistakes in the text of a ruleset.

use super::codes;

codes! {}
