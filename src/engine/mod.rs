//! engine
pub mod clock;
pub mod event;
mod number;
mod shape;
pub use shape::shape;
