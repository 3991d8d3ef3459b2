//! SY04xx: why an event was refused.

use super::codes;

codes! {}
