//! Which old bytes each new byte is compared with. Whatever is behind [`align`] can be replaced: a
//! record holds only segments.

mod align;
mod beam;
mod optima;
mod path;
mod price;
mod progress;
mod seeds;
mod segment;
mod sides;
mod suffix_array;
#[cfg(test)]
pub mod tests;

pub use align::align;
pub use progress::Progress;
pub use segment::Segment;
