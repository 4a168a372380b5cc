//! What all targets decode against: the base of `vectors/delta-best.txt`, which has text, a program
//! and archives.

use std::rc::Rc;
use std::sync::LazyLock;

use infield_codec::record::Decoder;

/// What decoders may take; the fuzzer ends a run that takes far more.
pub const MEMORY_BYTES: u64 = 24 << 20;

/// No input says how to make more than this.
const MAX_BYTES: usize = 4 << 20;

static VECTOR: &str = include_str!("../../vectors/delta-best.txt");

pub static BASE: LazyLock<Vec<u8>> = LazyLock::new(|| field("base: "));
pub static MANIFEST: LazyLock<Vec<u8>> = LazyLock::new(|| field("base-manifest: "));

fn field(name: &str) -> Vec<u8> {
    let line = VECTOR.lines().find_map(|line| line.strip_prefix(name));
    let digits = line
        .expect("the vector has this field")
        .as_bytes()
        .chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    digits.map(|pair| byte(pair).expect("hex")).collect()
}

pub fn base() -> Rc<Vec<u8>> {
    Rc::new(BASE.clone())
}

/// Reads until the end, an error, or more than is worth the time.
pub fn read_all(mut decoder: Decoder) {
    let mut chunk = vec![0; 64 << 10];
    let mut left = MAX_BYTES;
    while let Ok(bytes @ 1..) = decoder.read(&mut chunk) {
        left = left.saturating_sub(bytes);
        if left == 0 {
            return;
        }
    }
}
