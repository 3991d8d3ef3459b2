//! SY03xx: what the trade knows to be wrong, warnings.

use super::codes;

codes! {}
