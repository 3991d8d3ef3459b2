//! SY05xx: why a request was refused.

use super::codes;

codes! {}
