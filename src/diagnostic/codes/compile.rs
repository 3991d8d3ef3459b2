//! SY02xx: mistakes in the meaning of a ruleset.

use super::codes;

codes! {}
