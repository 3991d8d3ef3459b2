//! SY07xx: the command line.

use super::codes;

codes! {}
