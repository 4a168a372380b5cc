//! Bit histories by hashed context. A row holds the 15 histories that the next four bits can lead
//! through, so that a nibble costs one memory access; a check byte reveals most collisions.

pub struct HashTable {
    rows: Vec<[u8; 16]>,
    shift: u32,
}

impl HashTable {
    /// Takes 2^bits bytes, 16 for each row.
    pub fn new(bits: u32) -> HashTable {
        HashTable {
            rows: vec![[0; 16]; 1 << (bits - 4)],
            shift: 32 - (bits - 4),
        }
    }

    /// The rows of several contexts, found one after another.
    #[inline(always)]
    pub fn find_rows<const N: usize>(&mut self, hashes: [u32; N]) -> [usize; N] {
        // Each is elsewhere in memory. Read before anything is decided, they arrive together.
        let checks = hashes.map(|hash| self.rows[(hash >> self.shift) as usize][0]);
        std::hint::black_box(checks);
        hashes.map(|hash| self.find_row(hash))
    }

    /// A context's own row, or else the one of lower priority of two, cleared.
    #[inline(always)]
    fn find_row(&mut self, hash: u32) -> usize {
        let check = (hash as u8).max(1);
        let index = (hash >> self.shift) as usize;
        let near = index ^ 1;
        if self.rows[index][0] == check {
            return index;
        }
        if self.rows[near][0] == check {
            return near;
        }
        let victim = if self.rows[index][1] <= self.rows[near][1] {
            index
        } else {
            near
        };
        self.rows[victim] = [0; 16];
        self.rows[victim][0] = check;
        victim
    }

    /// `node`, 1 to 15, is a 1 and behind it the bits that came since the row was found.
    #[inline(always)]
    pub fn state(&mut self, row: usize, node: usize) -> &mut u8 {
        &mut self.rows[row][node & 15]
    }
}
