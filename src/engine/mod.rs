//! engine
pub mod clock;
pub mod event;
pub mod feed;
mod number;
mod shape;
pub mod show;
pub use shape::shape;
