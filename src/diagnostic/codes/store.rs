//! SY08xx: the files on disk.

use super::codes;

codes! {}
