//! Bit histories by hashed context. A slot holds the 15 histories that the next four bits can lead through, so that
//! half a byte costs one look into memory; a byte of the hash tells most collisions.

pub struct HashTable {
    rows: Vec<[u8; 16]>,
    shift: u32,
}

impl HashTable {
    /// 2^bits bytes, of which 16 make a slot.
    pub fn new(bits: u32) -> HashTable {
        HashTable {
            rows: vec![[0; 16]; 1 << (bits - 4)],
            shift: 32 - (bits - 4),
        }
    }

    /// The slots of several contexts, found one after another.
    #[inline(always)]
    pub fn find_rows<const N: usize>(&mut self, hashes: [u32; N]) -> [usize; N] {
        // Each lies somewhere else in memory. Looked at together before any decision, they arrive together.
        let checks = hashes.map(|hash| self.rows[(hash >> self.shift) as usize][0]);
        std::hint::black_box(checks);
        hashes.map(|hash| self.find_row(hash))
    }

    /// The slot of a context: its own, or the poorer of two, emptied.
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

    /// `node`, 1 to 15: a 1 and behind it the bits that came since the slot was found.
    #[inline(always)]
    pub fn state(&mut self, row: usize, node: usize) -> &mut u8 {
        &mut self.rows[row][node & 15]
    }
}
