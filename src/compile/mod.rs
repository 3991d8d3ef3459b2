//! Syntax tree to [`program::Program`]: names, units, cycles, plan order.

pub mod program;
