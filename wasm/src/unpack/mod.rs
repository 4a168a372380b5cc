//! Unpacks what archives are wrapped in and browsers cannot read: xz, Zstandard, bzip2. Bytes are
//! pushed in and taken out, so whoever reads them may wait for them, and memory is bounded.

mod bzip2;
#[cfg(test)]
mod tests;
mod xz;
mod zstd;

/// What one step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the input that are not needed again.
    pub read: usize,
    /// Bytes of the output that were filled.
    pub written: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It was cut or changed, or never was of this format.
    Damaged,
    /// It wants more memory than `limits::MAX_UNPACK_BYTES`.
    Memory,
}

/// One stream, or several of the same format one after another.
pub trait Unpack {
    /// Goes on with `input`, which begins where the last step ended; `is_last` when nothing comes
    /// after it. A step that neither reads nor writes wants more input; where there is none, all is
    /// unpacked.
    fn step(&mut self, input: &[u8], output: &mut [u8], is_last: bool) -> Result<Step, Failure>;
}

/// `name`: `xz`, `zstd`, `bzip2`.
pub fn open(name: &str) -> Option<Box<dyn Unpack>> {
    match name {
        "xz" => Some(Box::new(xz::Xz::new())),
        "zstd" => Some(Box::new(zstd::Zstd::new())),
        "bzip2" => Some(Box::new(bzip2::Bzip2::new())),
        _ => None,
    }
}
