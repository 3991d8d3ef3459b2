//! SY06xx: endpoints and deliveries.

use super::codes;

codes! {}
