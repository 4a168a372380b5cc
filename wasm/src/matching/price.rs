//! Estimates of what the coder will pay, by which the matcher compares ways to explain the target.
//! In whole numbers only: the choice decides the bytes of a delta, which must be the same on every
//! machine.

/// Bits, times 256.
pub type Price = u64;

const BIT: Price = 256;

/// A segment ends and another begins: its lengths, and what the models have to learn anew.
const SEGMENT: Price = 30 * BIT;

/// A stretch of new bytes begins: its length.
const NEW_BYTES: Price = 6 * BIT;

/// The least that a new byte costs: more than one that agrees, so that runs of one byte are aligned
/// too.
const MIN_NEW: Price = BIT / 16;

/// The last bytes of an alignment: a bit for each, 1 where the target agreed with the base, the
/// latest lowest.
pub type History = u32;

pub struct Prices {
    /// By the number of bytes in the history that differ: the price of an aligned byte that agrees,
    /// and what one that differs costs on top of the byte itself.
    agrees: [Price; 33],
    differs: [Price; 33],
    /// For a new byte after another one: row times 256.
    new: Vec<u16>,
}

impl Prices {
    pub fn new(target: &[u8]) -> Prices {
        let odds = |differing: u64| {
            if differing == 0 {
                (1, 512)
            } else {
                (4 * differing + 1, 136)
            }
        };
        Prices {
            agrees: std::array::from_fn(|differing| {
                let (differ, all) = odds(differing as u64);
                bits(all) - bits(all - differ)
            }),
            differs: std::array::from_fn(|differing| {
                let (differ, all) = odds(differing as u64);
                bits(all) - bits(differ)
            }),
            new: prices_of_new(target),
        }
    }

    /// A new byte; `before` is the one before it.
    pub fn of_new(&self, before: u8, byte: u8) -> Price {
        self.new[usize::from(before) << 8 | usize::from(byte)].into()
    }

    pub fn of_aligned(&self, history: History, agrees: bool, before: u8, byte: u8) -> Price {
        let differing = history.count_zeros() as usize;
        if agrees {
            self.agrees[differing]
        } else {
            self.differs[differing] + self.of_new(before, byte)
        }
    }

    /// `bytes` that agree, after others that agree.
    pub fn of_run(&self, bytes: usize) -> Price {
        bytes as Price * self.agrees[0]
    }

    pub fn of_new_bytes(&self) -> Price {
        NEW_BYTES
    }

    /// A segment that begins `movement` bytes from where the last one ended.
    pub fn of_segment(&self, movement: i64) -> Price {
        SEGMENT + bits(movement.unsigned_abs() + 1)
    }
}

/// Order-1 statistics of the target itself. A context-mixing coder needs five eighths of that.
fn prices_of_new(target: &[u8]) -> Vec<u16> {
    let mut counts = vec![0u32; 1 << 16];
    for pair in target.windows(2) {
        counts[usize::from(pair[0]) << 8 | usize::from(pair[1])] += 1;
    }
    let mut prices = Vec::with_capacity(1 << 16);
    for row in counts.chunks(256) {
        let all = bits(row.iter().map(|count| u64::from(*count) + 1).sum());
        prices.extend(
            row.iter()
                .map(|count| ((all - bits(u64::from(*count) + 1)) * 5 / 8).max(MIN_NEW) as u16),
        );
    }
    prices
}

/// The base-2 logarithm of a positive number, times 256: exact for powers of two, else within 1/11
/// of a bit.
fn bits(number: u64) -> Price {
    let whole = number.ilog2();
    let fraction = (number << (63 - whole) << 1) >> 56;
    Price::from(whole) * BIT + fraction
}
